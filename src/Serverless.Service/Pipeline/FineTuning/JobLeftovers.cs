using Microsoft.Extensions.Logging;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Storage;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>
/// What a process that died has left of a job without committing it: checkpoints that the head does not name and segments of the log that it
/// does not count, which the next commit would remove, and a model, or some of its files, that the job does not say it led to.
/// </summary>
public sealed class JobLeftovers(
    BlobAccount account, JobLog log, CheckpointStore checkpoints, ModelStore models, PipelineSettings settings, TimeProvider clock, ILogger<JobLeftovers> logger)
{
    /// <summary>Removes all of it.</summary>
    /// <param name="job">A job that has ended, as it is stored.</param>
    /// <exception cref="TrainerBusyException">A trainer holds the job.</exception>
    public async Task RemoveAsync(JobRecord job, CancellationToken ct)
    {
        await using var lease = await TrainerLease.TryAcquireAsync(account, job.Id, clock, logger, ct) ?? throw new TrainerBusyException(job.Id);
        if (lease.Head.Parked is not null)
            await lease.CommitAsync(lease.Head with { Parked = null }, ct);
        await log.RemoveUncommittedAsync(lease, ct);
        await checkpoints.RemoveUnnamedAsync(lease, ct);
        var model = JobModel.Of(job, settings.Organization, job.CreatedAt).Id;
        await lease.EnsureHeldAsync(ct);
        await models.RemoveLeftoversAsync(model, job.Id, stays: job.FineTunedModel == model, ct);
    }
}
