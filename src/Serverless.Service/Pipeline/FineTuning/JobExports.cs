using Microsoft.Extensions.Logging;
using Serverless.Learning.Evaluation;
using Serverless.Learning.Models;
using Serverless.Service.Jobs;
using Serverless.Service.Storage;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>
/// The folder in which a trained job is published: merged weights as a Hugging Face folder and, with adapters, the adapter within it.
/// Made from the last checkpoint, with the same bytes each time, so a machine that does not have it makes it again. How far what was
/// written agrees with what was trained is noted with the job.
/// </summary>
public sealed class JobExports(
    BlobAccount account, TrainingSessions sessions, ChunkCommits commits, JobLog log, JobPlans plans, JobMerges merges, JobFolders folders,
    TimeProvider clock,
    ILogger<JobExports> logger)
{
    /// <returns>The folder; or null if the last checkpoint was damaged: then the steps since the one before it are to be trained again.</returns>
    /// <exception cref="Learning.InputError">The model or the file that training needs cannot be used any more.</exception>
    public async Task<string?> FolderAsync(JobRecord job, CancellationToken ct)
    {
        var head = await log.ReadHeadAsync(job.Id, ct) ?? throw new InvalidOperationException($"{job.Id} has no checkpoint");
        var plan = await plans.FindAsync(job.StageId(), ct) ?? throw new InvalidOperationException($"{job.Id} has no plan");
        head = EarlyStop.Best(head, plan);
        var folder = Path.Combine(folders.Of(job.Id), $"export-{head.Step}");
        if (Directory.Exists(folder))
            return folder;
        var unfinished = folders.Fresh(job.Id, "export-unfinished");
        LogitSample trained;
        try
        {
            using var use = await sessions.OpenAsync(job, plan, head, ct);
            await use.Session.ExportAsync(unfinished, job.Model.Value);
            trained = await use.Session.SampleAsync();
        }
        catch (CheckpointDamagedException damage)
        {
            await using var lease = await TrainerLease.TryAcquireAsync(account, job.Id, clock, logger, ct)
                ?? throw new TrainerBusyException(job.Id);
            await commits.DropNewestAsync(lease, damage, ct);
            return null;
        }
        using (trained)
        {
            // First the trainer goes, so that its model and the written one are not in memory together.
            await sessions.CloseAsync(job.Id);
            await merges.WriteAsync(job.Id, await CompareAsync(job.Id, trained, unfinished), ct);
        }
        Directory.Move(unfinished, folder);
        return folder;
    }

    private static async Task<MergeAgreement> CompareAsync(JobId id, LogitSample trained, string folder)
    {
        await using var thread = new TensorThread($"compare {id}");
        return await thread.RunAsync(() =>
        {
            using var written = LanguageModel.Load(folder);
            return trained.Compare(written);
        });
    }
}
