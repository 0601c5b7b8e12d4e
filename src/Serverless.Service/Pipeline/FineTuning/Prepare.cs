using Serverless.Learning;
using Serverless.Learning.Data;
using Serverless.Learning.Models;
using Serverless.Learning.Text;
using Serverless.Learning.Training;
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
    BlobAccount account, JobCatalog jobs, JobPlans plans, FileCatalog files, FileStore store, ModelCatalog models, ModelStore modelStore,
    ModelEncoders encoders, TeacherPrompts prompts, JobFolders folders, JobEvents events, TimeProvider clock) : IActivity<JobId, StageOutcome>
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
        var plan = PlanOf(job, config, cursor);
        await CheckLengthAsync(job, job.TrainingFile, "training_file", cursor.Training, plan, encoder, ct);
        if (job.ValidationFile is { } checkedFile)
            await CheckLengthAsync(job, checkedFile, "validation_file", cursor.Validation, plan, encoder, ct);
        if (job.Method.Distillation is not null)
            _ = await prompts.ReadAsync(job, ct);
        return await QueueAsync(job, plan, cursor, ct);
    }

    private async Task<DatasetScan> ScanAsync(
        JobRecord job, FileId id, string parameter, DatasetScan scan, ChatEncoder encoder, ActivityScope scope)
    {
        if (scan.Finished)
            return scan;
        var file = await files.FindAsync(id, scope.Stopping);
        await using var stream = await store.OpenAsync(id, scan.Offset, scope.Stopping);
        if (file is null || stream is null)
            throw new InputError($"{parameter}: the file {id} was deleted", parameter, $"invalid_{parameter}");
        var budget = (scope.Deadline - clock.GetUtcNow()) / 3;
        scan = await new DatasetScanner(file.Name, MethodFormats.Of(job.Method.Type, file), encoder, clock).ContinueAsync(stream, scan, budget, scope.Stopping);
        return scan.Finished && DatasetScanner.ErrorOf(scan) is { } message
            ? throw new InputError(message, parameter, $"invalid_{parameter}")
            : scan;
    }

    private static JobPlan PlanOf(JobRecord job, DecoderConfig config, PrepareCursor cursor) => job.Method.Distillation is { } distillation
        ? JobPlanner.BeforeTeaching(job, distillation, config, cursor)
        : JobPlanner.Of(job, config, cursor);

    /// <summary>The longest example: of prompts, what leaves room for an answer.</summary>
    private static int LongestOf(TrainingOptions options) => options.MaxSequenceLength - (options.Policy?.MaxAnswerTokens ?? 0);

    /// <summary>Names every example that is longer than what is trained, if one is.</summary>
    private async Task CheckLengthAsync(
        JobRecord job, FileId id, string parameter, DatasetScan scan, JobPlan plan, ChatEncoder encoder, CancellationToken ct)
    {
        // Text is cut into rows, whatever its length.
        if (scan.LongestTokens <= LongestOf(plan.Options) || job.Method.Type == MethodType.Pretraining)
            return;
        var file = await files.FindAsync(id, ct);
        await using var stream = await store.OpenAsync(id, 0, ct);
        if (file is null || stream is null)
            throw new InputError($"{parameter}: the file {id} was deleted", parameter, $"invalid_{parameter}");
        var sequences = DatasetReader.Read(stream, file.Name, MethodFormats.Of(job.Method.Type, file)).SelectMany(encoder.Encode);
        if (SequenceLength.Check(sequences, LongestOf(plan.Options), file.Name) is { } error)
            throw new InputError(error.Message, parameter, $"invalid_{parameter}", error);
    }

    private async Task<StageOutcome> QueueAsync(JobRecord job, JobPlan plan, PrepareCursor cursor, CancellationToken ct)
    {
        await plans.WriteAsync(job.Id, plan, ct);
        string[] warnings = [.. cursor.Training.Warnings, .. cursor.Validation.Warnings];
        if (warnings.Length > 0)
            await events.AppendOnceAsync(job.Id, "warnings", EventLevel.Warn, warnings, ct);
        await events.AppendOnceAsync(job.Id, "queued", "Files validated, moving job to queued state", ct);
        var queued = await jobs.UpdateAsync(
            job.Id,
            now => now.After(JobMove.Queue, clock.GetUtcNow()) with
            {
                Options = plan.Options,
                Fingerprint = plan.Fingerprint,
                EstimatedFinish = now.Status.IsFinal() ? now.EstimatedFinish : clock.GetUtcNow() + plan.EstimatedTime,
            },
            ct);
        return queued.Status.IsFinal() ? StageOutcome.Stop : StageOutcome.Done;
    }
}
