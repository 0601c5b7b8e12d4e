using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>
/// The folders on this machine that a job's end should have removed and did not: its process died, the disk could not be written, or another instance ended
/// the job.
/// </summary>
public sealed class EndedFolders(JobFolders folders, JobCatalog jobs, TimeProvider clock)
{
    /// <summary>A job may be final while its last chunk still writes; that lasts no longer than a chunk.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromHours(1);

    /// <summary>Whoever uses a scratch folder may write into one file for long.</summary>
    private static readonly TimeSpan QuietScratch = TimeSpan.FromDays(1);

    /// <summary>Removes those of jobs that have ended or are unknown, and scratch folders; none in which something happened lately.</summary>
    public async Task RemoveAsync(CancellationToken ct)
    {
        foreach (var id in folders.UnchangedSince(clock.GetUtcNow() - Quiet))
            if (await jobs.FindAsync(id, ct) is not { } job || job.Status.IsFinal())
                folders.Remove(id);
        folders.RemoveScratch(clock.GetUtcNow() - QuietScratch);
    }
}
