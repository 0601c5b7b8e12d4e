using Serverless.Learning;
using Serverless.Learning.Data;
using Serverless.Learning.Models;
using Serverless.Learning.Text;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Pipeline.FineTuning.Teaching;
using Serverless.Service.Storage;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>
/// Checks method, data and model against each other with the model's own tokenizer, resolves what is <c>auto</c>, and fixes what the
/// bits of the result depend on. What would fail after an hour fails here.
/// </summary>
public sealed class Prepare(
    BlobAccount account, JobCatalog jobs, JobPlans plans, JobDatasets datasets, ModelCatalog models, ModelStore modelStore,
    ModelEncoders encoders, TeacherPrompts prompts, JobFolders folders, JobEvents events, PipelineSettings settings, TimeProvider clock) : IActivity<JobId, StageOutcome>
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
        var encoder = (await encoders.OfAsync(model, ct)).At(job.CreatedAt);
        var config = DecoderConfig.Load(await modelStore.DownloadAsync(await modelStore.WeightsOfAsync(model, ct), folders.Models, ct));
        var cursors = new JsonBlob<PrepareCursor>(account.Jobs.GetBlobClient($"{job.Id}/prepare.json"));
        var cursor = (await cursors.ReadAsync(ct))?.Value ?? new PrepareCursor();
        cursor = cursor with { Training = await ScanAsync(job, job.TrainingFile, "training_file", cursor.Training, encoder, scope) };
        if (cursor.Training.Finished && job.ValidationFile is { } validation)
            cursor = cursor with { Validation = await ScanAsync(job, validation, "validation_file", cursor.Validation, encoder, scope) };
        await cursors.WriteAsync(cursor, ct);
        if (!cursor.Training.Finished || job.ValidationFile is not null && !cursor.Validation.Finished)
            return StageOutcome.More;
        var plan = JobPlanner.PlanOf(job, config, cursor);
        await datasets.CheckLengthAsync(job, job.TrainingFile, "training_file", cursor.Training, plan, encoder, ct);
        if (job.ValidationFile is { } checkedFile)
            await datasets.CheckLengthAsync(job, checkedFile, "validation_file", cursor.Validation, plan, encoder, ct);
        if (job.Method.Distillation is not null)
            _ = await prompts.ReadAsync(job, ct);
        return await QueueAsync(job, plan, cursor, ct);
    }

    private Task<DatasetScan> ScanAsync(JobRecord job, FileId id, string parameter, DatasetScan scan, ChatEncoder encoder, ActivityScope scope) =>
        datasets.ScanAsync(job, id, parameter, scan, encoder, (scope.Deadline - clock.GetUtcNow()) / 3, scope.Stopping);

    private async Task<StageOutcome> QueueAsync(JobRecord job, JobPlan plan, PrepareCursor cursor, CancellationToken ct)
    {
        await plans.WriteAsync(job.Id, plan, ct);
        var warnings = await datasets.WarningsAsync(job, plan, cursor.Training, cursor.Validation, settings.Prices, ct);
        if (warnings.Count > 0)
            await events.AppendOnceAsync(job.Id, "warnings", EventLevel.Warn, warnings.Select(warning => warning.Message), ct);
        await events.AppendOnceAsync(job.Id, "queued", "Files validated, moving job to queued state", ct);
        var queued = await jobs.UpdateAsync(
            job.Id,
            now => now.After(JobMove.Queue, clock.GetUtcNow()) with
            {
                Options = plan.Options,
                Fingerprint = plan.Fingerprint,
                Price = now.Price ?? settings.Prices.For(plan.EstimatedBytes),
                EstimatedFinish = now.Status.IsFinal() ? now.EstimatedFinish : clock.GetUtcNow() + plan.EstimatedTime,
            },
            ct);
        return queued.Status.IsFinal() ? StageOutcome.Stop : StageOutcome.Done;
    }
}
