using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>Counts what a job's work takes, durably in its head, and shows in its record what the head says of work and tokens.</summary>
public sealed class JobCosts(JobCatalog jobs)
{
    /// <summary>Counts what the holder of the lease has done since its last commit.</summary>
    /// <exception cref="LeaseLostException">Another trainer has taken over.</exception>
    public async Task CountAsync(TrainerLease lease)
    {
        await lease.CommitAsync(lease.Head, CancellationToken.None);
        await ShowAsync(lease);
    }

    /// <summary>Shows what is committed: a process may have ended between its last commit and the note of it in the record.</summary>
    public async Task ShowAsync(TrainerLease lease)
    {
        if (await jobs.FindAsync(lease.JobId, CancellationToken.None) is not null)
            await jobs.UpdateAsync(
                lease.JobId,
                job => job with { Seconds = Math.Max(job.Seconds, lease.Head.Seconds), TrainedTokens = lease.Head.TrainedTokens ?? job.TrainedTokens },
                CancellationToken.None);
    }
}
