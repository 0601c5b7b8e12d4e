using System.Globalization;
using Serverless.Learning.Data;
using Serverless.Learning.Training;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Models.Hub;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>
/// Models by name, those of checkpoints among them: a checkpoint becomes a model when somebody first asks for it by the name that the
/// list of checkpoints gives it. From then on it is a model like others, whatever becomes of the job.
/// </summary>
public sealed class CheckpointModels(
    ModelCatalog catalog, ModelStore store, StartingModels starting, JobCatalog jobs, JobLog log, JobPlans plans, CheckpointStore checkpoints, FrozenBases bases,
    JobFolders folders, PipelineSettings settings, TimeProvider clock) : IDisposable
{
    private const string StepMark = ":ckpt-step-";
    // Which examples a trainer has does not matter for what it exports.
    private static readonly SupervisedTask AnyTask = new([new TrainingSequence([0, 0], [false, true], 0)], []);
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>The model of this name, or null if there is none and no committed checkpoint has it.</summary>
    /// <exception cref="Learning.InputError">The model that the job trains cannot be used.</exception>
    public async Task<ModelRecord?> FindAsync(ModelId name, CancellationToken ct)
    {
        if (await catalog.FindAsync(name, ct) is { } known)
            return known;
        if (await JobOfAsync(name, ct) is not var (job, step))
            return null;
        await _turn.WaitAsync(ct);
        try
        {
            return await catalog.FindAsync(name, ct) ?? await PublishAsync(job, step, ct);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>
    /// What a model of this name is, without making it: a checkpoint that nobody has asked for yet is described by the model that its job
    /// trains, whose shape, tokenizer and template it has.
    /// </summary>
    public async Task<ModelRecord?> DescribeAsync(ModelId name, CancellationToken ct)
    {
        if (await catalog.FindAsync(name, ct) is { } known)
            return known;
        if (await JobOfAsync(name, ct) is not var (job, step) || (await log.ReadHeadAsync(job.Id, ct))?.Checkpoints.Any(one => one.Step == step) != true)
            return null;
        return await catalog.FindAsync(job.AtStep(step).Model, ct) is { } model ? RecordOf(job, step) with { Folder = model.Folder, Parts = model.Parts } : null;
    }

    /// <summary>Removes files that were uploaded for a checkpoint's model, as between two stages of a recipe, and that no record names.</summary>
    public async Task RemoveUnpublishedAsync(JobRecord job, int step, CancellationToken ct)
    {
        // Not while somebody who asks for this checkpoint has its model made.
        await _turn.WaitAsync(ct);
        try
        {
            await store.RemoveLeftoversAsync(RecordOf(job, step).Id, job.Id, stays: true, ct);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private async Task<(JobRecord Job, int Step)?> JobOfAsync(ModelId name, CancellationToken ct)
    {
        if (StepIn(name) is not { } step)
            return null;
        var page = await jobs.ListAsync(null, 1, job => RecordOf(job, step).Id == name, ct);
        return page.Items.IsEmpty ? null : (page.Items[0], step);
    }

    private async Task<ModelRecord?> PublishAsync(JobRecord job, int step, CancellationToken ct)
    {
        var head = await log.ReadHeadAsync(job.Id, ct);
        job = job.AtStep(step);
        var checkpoint = head?.Checkpoints.FirstOrDefault(candidate => candidate.Step == step);
        if (checkpoint is null || await plans.FindAsync(job.StageId(), ct) is not { } plan || await catalog.FindAsync(job.Model, ct) is not { } model)
            return null;
        var work = folders.NewScratch();
        try
        {
            var (files, export) = (Path.Combine(work, "files"), Path.Combine(work, "model"));
            await checkpoints.DownloadAsync(await checkpoints.ReadManifestAsync(checkpoint, ct), Directory.CreateDirectory(files).FullName, ct);
            var modelFolder = await starting.FolderAsync(model, plan.StartsFrom, ct);
            await using (var session = await TrainingSession.OpenAsync(job.StageId(), bases, modelFolder, AnyTask, plan.Options, files, checkpoint.Manifest, plan.StepsBefore))
                await session.ExportAsync(Directory.CreateDirectory(export).FullName, job.MergeDtype ?? MergeDtype.Bf16, model.Id, HubSource.Of(model), ct);
            return await store.PublishAsync(export, RecordOf(job, step), ct);
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    private ModelRecord RecordOf(JobRecord job, int step) => JobModel.Of(job, settings.Organization, clock.GetUtcNow(), step);

    private static int? StepIn(ModelId name)
    {
        var mark = name.Value.LastIndexOf(StepMark, StringComparison.Ordinal);
        return mark > 0 && int.TryParse(name.Value.AsSpan(mark + StepMark.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var step)
            ? step
            : null;
    }
}
