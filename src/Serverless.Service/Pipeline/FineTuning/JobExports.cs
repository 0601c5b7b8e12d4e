using Serverless.Learning.Evaluation;
using Serverless.Learning.Models;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Models.Hub;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>
/// The folder in which a trained job is published: merged weights as a Hugging Face folder and, with adapters, the adapter within it.
/// Made from the last checkpoint or, where that is asked for or training may end early, the best one, with the same bytes each time, so a machine that does not have
/// it makes it again. How far what was written agrees with what was trained is noted with the job.
/// </summary>
public sealed class JobExports(
    TrainingSessions sessions, ModelCatalog models, ChunkCommits commits, JobPlans plans, JobEvaluations evaluations, JobMerges merges, JobFolders folders)
{
    /// <param name="job">The job, as if its present stage, which has trained, were all of it.</param>
    /// <param name="lease">The right to work on it: no other call makes or publishes the folder meanwhile.</param>
    /// <returns>The folder; or null if the checkpoint was damaged and is left out: what is missing is to be trained and evaluated again.</returns>
    /// <exception cref="CheckpointDamagedException">It is damaged, and there is no other.</exception>
    /// <exception cref="Learning.InputError">The model or the file that training needs cannot be used any more.</exception>
    public async Task<JobExport?> FolderAsync(JobRecord job, TrainerLease lease, CancellationToken ct)
    {
        var plan = await plans.FindAsync(job.StageId(), ct) ?? throw new InvalidOperationException($"{job.Id} has no plan");
        var head = BestCheckpoint.Of(lease.Head, plan);
        var folder = Path.Combine(folders.Of(job.Id), $"export-{head.Step}");
        if (Directory.Exists(folder))
            return new JobExport(folder, IsNew: false);
        var unfinished = folders.Fresh(job.Id, "export-unfinished");
        LogitSample trained;
        try
        {
            using var use = await sessions.OpenAsync(job, plan, head, ct);
            await use.Session.ExportAsync(unfinished, job.MergeDtype ?? MergeDtype.Bf16, job.Model, HubSource.Of(await models.FindAsync(job.Model, ct)), ct);
            trained = await use.Session.SampleAsync();
        }
        catch (CheckpointDamagedException damage)
        {
            if (ChunkCommits.Without(lease.Head, plan, damage) is null)
                throw;
            // First, because whoever is interrupted in between finds the damage again: what was found of the model does not hold for the one that is made instead.
            if (await evaluations.FindAsync(job.Id, ct) is { } evaluation)
            {
                await lease.EnsureHeldAsync(ct);
                await evaluations.WriteAsync(job.Id, evaluation.Without(job), ct);
            }
            await commits.DropAsync(lease, plan, damage, ct);
            return null;
        }
        using (trained)
        {
            // First the trainer goes, so that its model and the written one are not in memory together.
            await sessions.CloseAsync(job.Id);
            await merges.WriteAsync(job.Id, await CompareAsync(job.Id, trained, unfinished), ct);
        }
        Directory.Move(unfinished, folder);
        return new JobExport(folder, IsNew: true);
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
