using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>Reads what a job's owner wants of it: to stop, to wait, or to cost no more than so much.</summary>
public sealed class JobWishes(JobCatalog jobs)
{
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

    private static StageOutcome? Outcome(JobRecord? job) => job switch
    {
        null or { Wish: JobWish.Cancel } => StageOutcome.Stop,
        _ when job.Status.IsFinal() => StageOutcome.Stop,
        { Wish: JobWish.Pause } => StageOutcome.Yield,
        { Status: not JobStatus.Running } => StageOutcome.Yield,
        _ => null,
    };
}
