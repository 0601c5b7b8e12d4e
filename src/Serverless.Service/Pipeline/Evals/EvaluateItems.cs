using Serverless.Learning;
using Serverless.Service.Catalog;
using Serverless.Service.Evals;
using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.Evals;

/// <summary>Answers and grades a stretch of a run's items, block by block; the record counts what is done and says where to go on.</summary>
public sealed class EvaluateItems(EvalRunCatalog runs, EvalItems source, EvalItemStore items, EvalBlocks blocks, EvalScores scores, TimeProvider clock)
    : IActivity<EvalRunId, EvalProgress>
{
    public static ActivityName<EvalRunId, EvalProgress> Name { get; } = new(nameof(EvaluateItems));

    public async Task<EvalProgress> RunAsync(EvalRunId input, ActivityScope scope)
    {
        var ct = scope.Stopping;
        if (await runs.FindAsync(input, ct) is not { } run || run.IsFinal())
            return EvalProgress.Done;
        try
        {
            return await ContinueAsync(run, scope);
        }
        catch (InputError error)
        {
            await UpdateAsync(run.Id, now => now with { Status = EvalRunStatus.Failed, Error = new JobError(error.Code ?? "invalid_request_error", error.Message, error.Parameter) }, ct);
            return EvalProgress.Done;
        }
    }

    private async Task<EvalProgress> ContinueAsync(EvalRunRecord run, ActivityScope scope)
    {
        var ct = scope.Stopping;
        var leaveAt = clock.GetUtcNow() + (scope.Deadline - clock.GetUtcNow()) / 2;
        var (begin, at) = (run.Done, 0);
        var block = new List<EvalEntry>();
        await foreach (var entry in source.ReadAsync(run.DataSource, ct))
        {
            if (at++ < begin)
                continue;
            block.Add(entry);
            if (block.Count < EvalItemStore.BlockItems)
                continue;
            if (await CommitAsync(run, block, ct) is not { } next)
                return EvalProgress.Done;
            run = next;
            block.Clear();
            await scope.CommittedAsync();
            if (clock.GetUtcNow() >= leaveAt)
                return EvalProgress.More;
        }
        if (block.Count > 0)
        {
            if (await CommitAsync(run, block, ct) is not { } last)
                return EvalProgress.Done;
            run = last;
        }
        if (run.Done == 0)
            throw new InputError("data_source.source: found no item; allowed: one or more", "data_source.source");
        if (!await scores.ScoreAsync(run, leaveAt, done => NoteAsync(run.Id, done, scope), ct))
            return EvalProgress.More;
        if (await runs.FindAsync(run.Id, ct) is not { } all || all.IsFinal())
            return EvalProgress.Done;
        var ended = await scores.WithIntervalsAsync(all, ct);
        await UpdateAsync(run.Id, now => now with { Status = EvalRunStatus.Completed, Criteria = ended.Criteria, Likelihood = ended.Likelihood }, ct);
        return EvalProgress.Done;
    }

    /// <summary>Answers a block and counts it; null if the run was cancelled or removed meanwhile.</summary>
    private async Task<EvalRunRecord?> CommitAsync(EvalRunRecord run, IReadOnlyList<EvalEntry> block, CancellationToken ct)
    {
        if (await UpdateAsync(run.Id, now => now.Status == EvalRunStatus.Queued ? now with { Status = EvalRunStatus.InProgress } : now, ct) is not { } begun || begun.IsFinal())
            return null;
        var (done, usage) = await blocks.AnswerAsync(run, block, ct);
        await items.WriteAsync(run.Id, run.Done, done, ct);
        var counted = await UpdateAsync(run.Id, now => now.Done == run.Done ? EvalCounts.With(now, done, usage) : now, ct);
        if (counted is null)
            // Removed while this block was answered: its items came after those that were removed with it.
            await items.DeleteAsync(run.Id, ct);
        else if (counted.IsFinal() && counted.Done == run.Done)
            // Cancelled meanwhile, and not counted.
            await items.DeleteBlockAsync(run.Id, run.Done, ct);
        if (counted is null || counted.IsFinal())
            return null;
        return counted.Done == run.Done + done.Count
            ? counted
            : throw new InvalidOperationException($"{run.Id} was counted by another activity: {counted.Done} items instead of {run.Done + done.Count}");
    }

    private async Task<bool> NoteAsync(EvalRunId id, EvalLikelihood done, ActivityScope scope)
    {
        if (await UpdateAsync(id, now => now with { Likelihood = done }, scope.Stopping) is not { } noted || noted.IsFinal())
            return false;
        await scope.CommittedAsync();
        return true;
    }

    /// <summary>Changes a run that has not ended; null if it was removed.</summary>
    private async Task<EvalRunRecord?> UpdateAsync(EvalRunId id, Func<EvalRunRecord, EvalRunRecord> change, CancellationToken ct)
    {
        try
        {
            return await runs.UpdateAsync(id, now => now.IsFinal() ? now : change(now), ct);
        }
        catch (RecordNotFoundException)
        {
            return null;
        }
    }
}
