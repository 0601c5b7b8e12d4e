using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>Reads what a job's owner wants of it.</summary>
public sealed class JobWishes(JobCatalog jobs)
{
    /// <summary>The job with what its wish makes of the present stage: <see cref="StageResult.Stop"/>, <see cref="StageResult.Yield"/>,
    /// or null to go on.</summary>
    public async Task<(JobRecord? Job, StageOutcome? Outcome)> ReadAsync(JobId id, CancellationToken ct)
    {
        var job = await jobs.FindAsync(id, ct);
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
