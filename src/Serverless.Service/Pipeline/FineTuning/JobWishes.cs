using System.Collections.Concurrent;
using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>Reads what a job's owner wants of it: to stop, to wait, or to cost no more than so much.</summary>
public sealed class JobWishes(JobCatalog jobs)
{
    private readonly ConcurrentDictionary<JobId, TaskCompletionSource> _awaited = new();

    /// <summary>The job with what its wish makes of the present stage: <see cref="StageResult.Stop"/>, <see cref="StageResult.Yield"/>,
    /// or null to go on. A job at its budget gets the wish to pause here.</summary>
    /// <param name="seconds">The seconds of work on the job, if more than its record says are known.</param>
    public async Task<(JobRecord? Job, StageOutcome? Outcome)> ReadAsync(JobId id, CancellationToken ct, double seconds = 0)
    {
        var job = await jobs.FindAsync(id, ct);
        if (Outcome(job) is null && job!.IsAtBudget(seconds))
            job = await jobs.UpdateAsync(
                id,
                now => Outcome(now) is null && now.IsAtBudget(seconds) ? now with { Wish = JobWish.Pause, Seconds = Math.Max(now.Seconds, seconds) } : now,
                ct);
        return (job, Outcome(job));
    }

    /// <summary>
    /// Ends when this process has written something else into a job's record than stood there: whoever works on the job reads it then, without waiting for
    /// the time of the next look, which is what finds the wishes that came another way.
    /// </summary>
    public Task NextChange(JobId id) => _awaited.GetOrAdd(id, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>Tells who works on a job, if somebody does, that its record has changed; or that nobody waits for it any more.</summary>
    public void Changed(JobId id)
    {
        if (_awaited.TryRemove(id, out var signal))
            signal.SetResult();
    }

    private static StageOutcome? Outcome(JobRecord? job) => job switch
    {
        null or { Wish: JobWish.Cancel } => StageOutcome.Stop,
        _ when job.Status.IsFinal() => StageOutcome.Stop,
        { Wish: JobWish.Pause } => StageOutcome.Yield,
        { Status: not JobStatus.Running } => StageOutcome.Yield,
        _ => null,
    };
}
