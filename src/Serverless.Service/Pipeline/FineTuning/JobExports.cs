using Microsoft.Extensions.Logging;
using Serverless.Service.Jobs;
using Serverless.Service.Storage;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>
/// The folder in which a trained job is published: merged weights as a Hugging Face folder and, with adapters, the adapter within it.
/// Made from the last checkpoint, with the same bytes each time, so a machine that does not have it makes it again.
/// </summary>
public sealed class JobExports(
    BlobAccount account, TrainingSessions sessions, ChunkCommits commits, JobLog log, JobPlans plans, JobFolders folders, TimeProvider clock,
    ILogger<JobExports> logger)
{
    /// <returns>The folder; or null if the last checkpoint was damaged: then the steps since the one before it are to be trained again.</returns>
    /// <exception cref="Learning.InputError">The model or the file that training needs cannot be used any more.</exception>
    public async Task<string?> FolderAsync(JobRecord job, CancellationToken ct)
    {
        var head = await log.ReadHeadAsync(job.Id, ct) ?? throw new InvalidOperationException($"{job.Id} has no checkpoint");
        var folder = Path.Combine(folders.Of(job.Id), $"export-{head.Step}");
        if (Directory.Exists(folder))
            return folder;
        var plan = await plans.FindAsync(job.Id, ct) ?? throw new InvalidOperationException($"{job.Id} has no plan");
        var unfinished = folders.Fresh(job.Id, "export-unfinished");
        try
        {
            using var use = await sessions.OpenAsync(job, plan, head, ct);
            await use.Session.ExportAsync(unfinished, job.BaseModel.Value);
        }
        catch (CheckpointDamagedException damage)
        {
            await using var lease = await TrainerLease.TryAcquireAsync(account, job.Id, clock, logger, ct)
                ?? throw new TrainerBusyException(job.Id);
            await commits.DropNewestAsync(lease, damage, ct);
            return null;
        }
        await sessions.CloseAsync(job.Id);
        Directory.Move(unfinished, folder);
        return folder;
    }
}
