using Microsoft.Extensions.Logging;
using Serverless.Service.Jobs;
using Serverless.Service.Storage;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>Counts what a job's work takes, durably in its head, and shows it in its record.</summary>
public sealed class JobCosts(BlobAccount account, JobCatalog jobs, TimeProvider clock, ILogger<JobCosts> logger)
{
    /// <summary>Does a piece of work that holds no lease and counts its time when it has ended.</summary>
    /// <exception cref="TrainerBusyException">A trainer holds the job.</exception>
    public async Task<StageOutcome> CountAsync(JobId id, Func<Task<StageOutcome>> work)
    {
        var begun = clock.GetTimestamp();
        var outcome = await work();
        var worked = clock.GetElapsedTime(begun);
        await using var lease = await TrainerLease.TryAcquireAsync(account, id, clock, logger, CancellationToken.None) ?? throw new TrainerBusyException(id);
        await lease.CommitAsync(lease.Head, CancellationToken.None, worked);
        await ShowAsync(lease);
        return outcome;
    }

    /// <summary>Counts what a trainer has done since its last commit.</summary>
    /// <exception cref="LeaseLostException">Another trainer has taken over.</exception>
    public async Task CountAsync(TrainerLease lease)
    {
        await lease.CommitAsync(lease.Head, CancellationToken.None);
        await ShowAsync(lease);
    }

    private async Task ShowAsync(TrainerLease lease)
    {
        if (await jobs.FindAsync(lease.JobId, CancellationToken.None) is not null)
            await jobs.UpdateAsync(lease.JobId, job => job with { Seconds = Math.Max(job.Seconds, lease.Head.Seconds) }, CancellationToken.None);
    }
}
