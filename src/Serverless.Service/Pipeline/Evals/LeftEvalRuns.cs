using Azure.Storage.Blobs.Models;
using Serverless.Service.Evals;
using Serverless.Service.Storage;

namespace Serverless.Service.Pipeline.Evals;

/// <summary>
/// Removes runs whose evaluation is gone, and items whose run is gone: the process died between the deletions, or a run was created or went on meanwhile.
/// </summary>
public sealed class LeftEvalRuns(BlobAccount account, EvalCatalog evals, EvalRunCatalog runs, EvalItemStore items)
{
    private const int PageSize = 500;

    /// <summary>Removes all of them.</summary>
    public async Task RemoveAsync(CancellationToken ct)
    {
        // Items first: a run has a record before it has items, so one whose items are listed here is listed then.
        var answered = await AnsweredAsync(ct);
        var (evaluations, last) = (new Dictionary<EvalId, bool>(), (EvalRunId?)null);
        for (var more = true; more;)
        {
            var page = await runs.ListAsync(last, PageSize, null, ct);
            foreach (var run in page.Items)
            {
                if (!evaluations.TryGetValue(run.EvalId, out var isThere))
                    evaluations[run.EvalId] = isThere = await evals.FindAsync(run.EvalId, ct) is not null;
                if (isThere)
                    answered.Remove(run.Id);
                else
                    // A run is created for an evaluation that is there, and none comes back.
                    await RemoveAsync(run.Id, ct);
            }
            (more, last) = (page.HasMore, page.Items.IsEmpty ? null : page.Items[^1].Id);
        }
        foreach (var id in answered)
            if (await runs.FindAsync(id, ct) is null)
                await items.DeleteAsync(id, ct);
    }

    private async Task RemoveAsync(EvalRunId id, CancellationToken ct)
    {
        await runs.DeleteAsync(id, ct);
        await items.DeleteAsync(id, ct);
    }

    private async Task<HashSet<EvalRunId>> AnsweredAsync(CancellationToken ct)
    {
        var ids = new HashSet<EvalRunId>();
        await foreach (var blob in account.Jobs.GetBlobsAsync(new GetBlobsOptions { Prefix = EvalRunId.Prefix }, ct))
            ids.Add(new EvalRunId(blob.Name[..blob.Name.IndexOf('/', StringComparison.Ordinal)]));
        return ids;
    }
}
