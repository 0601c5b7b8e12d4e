using Serverless.Service.Evals;

namespace Serverless.Service.Pipeline.Evals;

/// <summary>
/// Removes runs whose evaluation is gone, and items whose run is gone: the process died between the deletions or their caller hung up, or a run was created or went
/// on meanwhile.
/// </summary>
public sealed class LeftEvalRuns(EvalCatalog evals, EvalRunCatalog runs, EvalItemStore items, TimeProvider clock)
{
    /// <summary>How often one instance looks: all runs are listed.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    private DateTimeOffset _next = DateTimeOffset.MinValue;

    /// <summary>Removes all of them, unless this instance has looked within the last hour; a head calls this from time to time.</summary>
    public async Task RemoveAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        if (now < _next)
            return;
        // An evaluation is there before its runs, and a run before its items: what is listed later here was there before.
        var withItems = await items.RunsAsync(ct);
        var listed = new List<(EvalRunId Id, EvalId Eval)>();
        await foreach (var run in runs.AllAsync(null, ct))
            listed.Add((run.Id, run.EvalId));
        var there = await evals.IdsAsync(ct);
        foreach (var run in listed)
            if (there.Contains(run.Eval))
                withItems.Remove(run.Id);
            else
                await runs.DeleteAsync(run.Id, ct);
        foreach (var id in withItems)
            await items.DeleteAsync(id, ct);
        _next = now + Interval;
    }
}
