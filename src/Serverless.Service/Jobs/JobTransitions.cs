using System.Collections.Frozen;

namespace Serverless.Service.Jobs;

/// <summary>
/// Which status follows which, and nothing else: <c>validating_files -> queued -> running &lt;-> paused -> succeeded | failed | cancelled</c>.
/// All changes of a job's status go through this table.
/// </summary>
public static class JobTransitions
{
    private static readonly FrozenDictionary<(JobStatus, JobMove), JobStatus> Table = new Dictionary<(JobStatus, JobMove), JobStatus>
    {
        [(JobStatus.ValidatingFiles, JobMove.Queue)] = JobStatus.Queued,
        [(JobStatus.ValidatingFiles, JobMove.Fail)] = JobStatus.Failed,
        [(JobStatus.ValidatingFiles, JobMove.Cancel)] = JobStatus.Cancelled,
        [(JobStatus.Queued, JobMove.Admit)] = JobStatus.Running,
        [(JobStatus.Queued, JobMove.Pause)] = JobStatus.Paused,
        [(JobStatus.Queued, JobMove.Fail)] = JobStatus.Failed,
        [(JobStatus.Queued, JobMove.Cancel)] = JobStatus.Cancelled,
        [(JobStatus.Running, JobMove.Pause)] = JobStatus.Paused,
        [(JobStatus.Running, JobMove.Succeed)] = JobStatus.Succeeded,
        [(JobStatus.Running, JobMove.Fail)] = JobStatus.Failed,
        [(JobStatus.Running, JobMove.Cancel)] = JobStatus.Cancelled,
        [(JobStatus.Paused, JobMove.Resume)] = JobStatus.Queued,
        [(JobStatus.Paused, JobMove.Fail)] = JobStatus.Failed,
        [(JobStatus.Paused, JobMove.Cancel)] = JobStatus.Cancelled,
    }.ToFrozenDictionary();

    /// <summary>The status after a move, or null if the move is not possible from there.</summary>
    public static JobStatus? Next(JobStatus status, JobMove move) => Table.TryGetValue((status, move), out var next) ? next : null;

    /// <summary>Whether nothing happens to a job any more.</summary>
    public static bool IsFinal(this JobStatus status) => status is JobStatus.Succeeded or JobStatus.Failed or JobStatus.Cancelled;

    /// <summary>
    /// The record after a move, with the times that follow from it and the wish it fulfils taken away; the same record if the move is not
    /// possible.
    /// </summary>
    public static JobRecord After(this JobRecord job, JobMove move, DateTimeOffset now)
    {
        if (Next(job.Status, move) is not { } next)
            return job;
        return job with
        {
            Status = next,
            Wish = next == JobStatus.Cancelled ? JobWish.Cancel : move is JobMove.Queue or JobMove.Admit ? job.Wish : JobWish.None,
            StartedAt = move == JobMove.Admit ? job.StartedAt ?? now : job.StartedAt,
            FinishedAt = next is JobStatus.Succeeded or JobStatus.Failed ? now : job.FinishedAt,
            EstimatedFinish = next is JobStatus.Running or JobStatus.Queued ? job.EstimatedFinish : null,
        };
    }
}
