using System.Globalization;
using Serverless.Learning;
using Serverless.Learning.Formats;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Pipeline.FineTuning.Teaching;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>
/// Stores the tuned model with its card under its name, unless it is not as much better as its owner asked for, and the metrics of all steps
/// as a result file.
/// </summary>
public sealed class Publish(
    JobCatalog jobs, JobPlans plans, JobWishes wishes, JobExports exports, JobMerges merges, JobEvaluations evaluations, JobEvents events,
    JobLog log, FileCatalog files, FileStore store, RolloutStore rollouts, JobCosts costs, JobFolders folders, ModelStore models, PipelineSettings settings,
    TimeProvider clock) : IActivity<JobId, StageOutcome>
{
    public static ActivityName<JobId, StageOutcome> Name { get; } = new(nameof(Publish));

    public async Task<StageOutcome> RunAsync(JobId input, ActivityScope scope)
    {
        var ct = scope.Stopping;
        var (job, wish) = await wishes.ReadAsync(input, ct);
        if (wish is not null)
            return wish;
        if (job!.FineTunedModel is not null)
            return StageOutcome.Done;
        try
        {
            return await costs.CountAsync(input, () => PublishAsync(job, ct));
        }
        catch (InputError error)
        {
            return StageOutcome.Refuse(error, "invalid_request_error", null);
        }
    }

    private async Task<StageOutcome> PublishAsync(JobRecord job, CancellationToken ct)
    {
        var plan = await plans.FindAsync(job.Id, ct) ?? throw new InvalidOperationException($"{job.Id} has no plan");
        var metrics = await log.ListMetricsAsync(job.Id, 0, ct);
        var name = ModelId.Published(job.BaseModel.Value, settings.Organization, job.Suffix, job.Id);
        var evaluation = await evaluations.FindAsync(job.Id, ct);
        if (job.PublishIf is { } condition && evaluation is not null && Withheld(condition, evaluation) is { } reason)
        {
            await events.AppendOnceAsync(job.Id, "withheld", EventLevel.Warn, [reason], ct);
            await StoreResultAsync(job, plan, metrics, null, ct);
            return StageOutcome.Done;
        }
        if (await exports.FolderAsync(job, ct) is not { } folder)
            return StageOutcome.Yield;
        var facts = PublishedCard.Facts(name, job, plan, await DataAsync(job, plan, ct), metrics, evaluation);
        ModelCard.Write(folder, facts with { Merge = await merges.FindAsync(job.Id, ct) });
        await models.PublishAsync(
            folder,
            new ModelRecord
            {
                Id = name,
                Kind = ModelKind.Published,
                CreatedAt = clock.GetUtcNow(),
                OwnedBy = settings.Organization,
                JobId = job.Id,
                BaseModel = job.BaseModel,
            },
            ct);
        await StoreResultAsync(job, plan, metrics, name, ct);
        return StageOutcome.Done;
    }

    private async Task StoreResultAsync(JobRecord job, JobPlan plan, IReadOnlyList<JobMetrics> metrics, ModelId? name, CancellationToken ct)
    {
        using var csv = new MemoryStream(StepMetricsCsv.Write(metrics));
        var results = await store.StoreResultAsync(job.Id.Value, job.CreatedAt, StepMetricsCsv.FileName, csv, ct);
        List<FileId> resultFiles = [results.Id];
        if (job.Method.Distillation is not null)
            resultFiles.Add(TaughtFiles.IdOf(job));
        if (plan.Options.Policy is not null && await StoreRolloutsAsync(job, ct) is { } answers)
            resultFiles.Add(answers);
        await jobs.UpdateAsync(job.Id, now => now with { FineTunedModel = name, ResultFiles = [.. resultFiles] }, ct);
    }

    /// <summary>Why the model is not published, or null if it is good enough.</summary>
    private static string? Withheld(PublishCondition condition, JobEvaluation evaluation)
    {
        var found = evaluation.GainOf(condition.Metric) is { } gain
            ? gain >= condition.MinimumGain ? null : string.Create(CultureInfo.InvariantCulture, $"found a gain of {gain:0.####}")
            : "found no answers to measure it on";
        return found is null ? null : string.Create(
            CultureInfo.InvariantCulture,
            $"The model was not published: {found} in {condition.Metric}, and publish_if asks for {condition.MinimumGain:0.####} or more. Its checkpoints can be used.");
    }

    private async Task<FileId?> StoreRolloutsAsync(JobRecord job, CancellationToken ct)
    {
        var path = Path.Combine(folders.Fresh(job.Id, "rollouts"), RolloutStore.FileName);
        await using var content = new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);
        if (!await rollouts.CopyAsync(job.Id, content, ct))
            return null;
        content.Position = 0;
        return (await store.StoreResultAsync(job.Id.Value, job.CreatedAt, RolloutStore.FileName, content, ct)).Id;
    }

    private async Task<IReadOnlyList<ModelCardDataset>> DataAsync(JobRecord job, JobPlan plan, CancellationToken ct)
    {
        var data = new List<ModelCardDataset>();
        if (job.Method.Distillation is not null && await files.FindAsync(TaughtFiles.IdOf(job), ct) is { } taught)
            data.Add(PublishedCard.Dataset("training", taught, plan.Examples, plan.Tokens));
        if (await files.FindAsync(job.TrainingFile, ct) is { } training)
        {
            data.Add(job.Method.Distillation is null
                ? PublishedCard.Dataset("training", training, plan.Examples, plan.Tokens)
                : PublishedCard.Dataset("prompts", training, training.Report?.Examples ?? 0, training.Report?.Tokens ?? 0));
        }
        if (job.ValidationFile is { } id && await files.FindAsync(id, ct) is { } validation)
            data.Add(PublishedCard.Dataset("validation", validation, plan.ValidationExamples, plan.ValidationTokens));
        return data;
    }
}
