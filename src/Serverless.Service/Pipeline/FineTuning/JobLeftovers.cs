using Microsoft.Extensions.Logging;
using Serverless.Service.Jobs;
using Serverless.Service.Storage;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>
/// What a trainer that died has left of a job without committing it: checkpoints that the head does not name, segments of the log that it
/// does not count. The next commit would remove them; this does when there is none to come.
/// </summary>
public sealed class JobLeftovers(BlobAccount account, JobLog log, CheckpointStore checkpoints, TimeProvider clock, ILogger<JobLeftovers> logger)
{
    /// <summary>Removes all of it.</summary>
    /// <exception cref="TrainerBusyException">A trainer holds the job.</exception>
    public async Task RemoveAsync(JobId id, CancellationToken ct)
    {
        await using var lease = await TrainerLease.TryAcquireAsync(account, id, clock, logger, ct) ?? throw new TrainerBusyException(id);
        await log.RemoveUncommittedAsync(lease, ct);
        await checkpoints.RemoveUnnamedAsync(lease, ct);
    }
}
