using Serverless.Service.Jobs;
using Serverless.Service.Models;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>What a process that died has left of a job without committing it.</summary>
public sealed class JobLeftovers(JobLog log, CheckpointStore checkpoints, ModelStore models, PipelineSettings settings)
{
    /// <summary>Removes checkpoints that the head does not name and segments of the log that it does not count, which the next commit would remove.</summary>
    /// <param name="lease">Of a job that takes no more steps.</param>
    public async Task RemoveUncommittedAsync(TrainerLease lease, CancellationToken ct)
    {
        if (lease.Head.Parked is not null)
            await lease.CommitAsync(lease.Head with { Parked = null }, ct);
        await log.RemoveUncommittedAsync(lease, ct);
        await checkpoints.RemoveUnnamedAsync(lease, ct);
    }

    /// <summary>Removes a model, or some of its files, that the job does not say it led to.</summary>
    /// <param name="job">A job that has ended, as it is stored.</param>
    public async Task RemoveModelAsync(JobRecord job, TrainerLease lease, CancellationToken ct)
    {
        var model = JobModel.Of(job, settings.Organization, job.CreatedAt).Id;
        await lease.EnsureHeldAsync(ct);
        await models.RemoveLeftoversAsync(model, job.Id, stays: job.FineTunedModel == model, ct);
    }
}
