using Serverless.Learning;
using Serverless.Learning.Models;
using Serverless.Learning.Text;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Pipeline.FineTuning.Teaching;
using Serverless.Service.Storage;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>
/// Checks method, data and model against each other with the model's own tokenizer, resolves what is <c>auto</c>, and fixes what the
/// bits of the result depend on; of a recipe, for all of its stages. What would fail after an hour fails here.
/// </summary>
public sealed class Prepare(
    BlobAccount account, JobCatalog jobs, JobPlans plans, JobDatasets datasets, ModelCatalog models, ModelStore modelStore,
    StartingModels starting, ModelEncoders encoders, TeacherPrompts prompts, JobFolders folders, JobEvents events, PipelineSettings settings, TimeProvider clock) : IActivity<JobId, StageOutcome>
{
    public static ActivityName<JobId, StageOutcome> Name { get; } = new(nameof(Prepare));

    public async Task<StageOutcome> RunAsync(JobId input, ActivityScope scope)
    {
        var ct = scope.Stopping;
        if (await jobs.FindAsync(input, ct) is not { } job || job.Status.IsFinal())
            return StageOutcome.Stop;
        if (job.Status != JobStatus.ValidatingFiles)
            return StageOutcome.Done;
        if (await models.FindAsync(job.Model, ct) is not { } model)
            return StageOutcome.Refuse(new JobError("model_not_available", $"model: '{job.Model}' was deleted", "model"));
        try
        {
            return await PrepareAsync(job, model, scope);
        }
        catch (InputError error)
        {
            return StageOutcome.Refuse(error, "invalid_request_error", null);
        }
    }

    private async Task<StageOutcome> PrepareAsync(JobRecord job, ModelRecord model, ActivityScope scope)
    {
        var ct = scope.Stopping;
        job = await datasets.WithValidationFilesAsync(job, ct);
        await datasets.CheckEvaluationAsync(job, ct);
        var (encoder, config, content) = await ReadAsync(model, job, ct);
        var stages = new List<PlannedStage>();
        foreach (var stage in job.InStages())
        {
            try
            {
                var begins = stages.Count == 0;
                if (!stage.Stages.IsEmpty && stage.Stages[stage.Stage].Student is { } student)
                {
                    model = await models.FindAsync(student, ct)
                        ?? throw new InputError($"{stage.MethodPath()}.model: '{student}' was deleted", $"{stage.MethodPath()}.model", "model_not_available");
                    (encoder, config, content) = await ReadAsync(model, job, ct);
                    begins = true;
                }
                if (await ScanAsync(stage, encoder, config, scope) is not { } cursor)
                    return StageOutcome.More;
                var plan = JobPlanner.PlanOf(stage, config, cursor) with { StartsFrom = begins ? content : null };
                await datasets.CheckLengthAsync(stage, cursor, plan, encoder, ct);
                await datasets.CheckItemsAsync(stage, settings.EvaluatedAnswers, ct);
                if (stage.Method.Distillation is not null)
                    _ = await prompts.ReadAsync(stage, ct);
                stages.Add(new PlannedStage(stage, plan, cursor));
            }
            catch (InputError error)
            {
                return stage.Refuse(error);
            }
        }
        return await QueueAsync(job, PlannedStage.InOrder(stages), ct);
    }

    /// <summary>What files are counted with and plans are made of, for a model and what it is tuned to.</summary>
    private async Task<(ChatEncoder Encoder, DecoderConfig Config, string Content)> ReadAsync(ModelRecord model, JobRecord job, CancellationToken ct) => (
        (await encoders.OfAsync(model, ct)).At(job.CreatedAt),
        DecoderConfig.Load(await modelStore.DownloadAsync(await modelStore.WeightsOfAsync(model, ct), folders.Models, ct)),
        await starting.ContentAsync(model, ct));

    /// <summary>Counts on in a stage's files.</summary>
    /// <returns>The count; null if there is more to read.</returns>
    private async Task<PrepareCursor?> ScanAsync(JobRecord stage, ChatEncoder encoder, DecoderConfig config, ActivityScope scope)
    {
        var cursors = new JsonBlob<PrepareCursor>(account.Jobs.GetBlobClient($"{stage.StageId()}/prepare.json"));
        var before = (await cursors.ReadAsync(scope.Stopping))?.Value ?? new PrepareCursor();
        var cursor = await datasets.ScanAsync(stage, before, encoder, config, (scope.Deadline - clock.GetUtcNow()) / 2, scope.Stopping);
        if (cursor != before)
            await cursors.WriteAsync(cursor, scope.Stopping);
        return cursor.IsComplete(stage) ? cursor : null;
    }

    private async Task<StageOutcome> QueueAsync(JobRecord job, IReadOnlyList<PlannedStage> stages, CancellationToken ct)
    {
        var warnings = new List<PlanWarning>();
        foreach (var stage in stages)
        {
            await plans.WriteAsync(stage.Job.StageId(), stage.Plan, ct);
            warnings.AddRange(await datasets.WarningsAsync(stage.Job, stage.Cursor.Training, stage.Cursor.Validation, ct));
        }
        var (bytes, time) = (PlannedStage.BytesOf(stages), PlannedStage.TimeOf(stages));
        warnings.AddRange(PlanWarning.OfCost(job, bytes, time, settings.Prices));
        await using (var lease = await events.HoldAsync(job.Id, ct))
        {
            if (warnings.Count > 0)
                await events.AppendOnceAsync(lease, "warnings", EventLevel.Warn, warnings.Select(warning => warning.Message).Distinct(), ct);
            await events.AppendOnceAsync(lease, "queued", EventLevel.Info, ["Files validated, moving job to queued state"], ct);
        }
        var queued = await jobs.UpdateAsync(
            job.Id,
            now => PlannedStage.Resolved(now.After(JobMove.Queue, clock.GetUtcNow()), stages) with
            {
                Price = now.Price ?? settings.Prices.For(bytes),
                EstimatedFinish = now.Status.IsFinal() ? now.EstimatedFinish : clock.GetUtcNow() + time,
            },
            ct);
        return queued.Status.IsFinal() ? StageOutcome.Stop : StageOutcome.Done;
    }
}
