using Microsoft.Extensions.Logging;
using Serverless.Learning;
using Serverless.Learning.Formats;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Pipeline.FineTuning.Teaching;
using Serverless.Service.Storage;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>
/// Stores the tuned model with its card under its name, unless it is not as much better as its owner asked for, and the metrics of all steps
/// as a result file. Of a recipe, each stage before the last is handed over to the next one. Past its deadline it leaves when the model is merged and
/// written, and after each uploaded file; what is not there yet is for the next call.
/// </summary>
public sealed class Publish(
    BlobAccount account, JobCatalog jobs, JobPlans plans, JobWishes wishes, JobExports exports, JobEvaluations evaluations, JobLog log, FileStore store,
    RolloutStore rollouts, StageHandover handover, PublishedCards cards, JobCosts costs, JobFolders folders, ModelStore models, PipelineSettings settings,
    TimeProvider clock, ILogger<Publish> logger) : IActivity<JobId, StageOutcome>
{
    private static readonly TimeSpan LookAgainForLease = TimeSpan.FromSeconds(5);

    public static ActivityName<JobId, StageOutcome> Name { get; } = new(nameof(Publish));

    public async Task<StageOutcome> RunAsync(JobId input, ActivityScope scope)
    {
        var ct = scope.Stopping;
        await using var lease = await TrainerLease.TryAcquireAsync(account, input, clock, logger, ct);
        if (lease is null)
            return StageOutcome.Wait(LookAgainForLease);
        // Read under the lease: a call that was held up may find the job at a later stage than it was called for.
        var (job, wish) = await wishes.ReadAsync(input, ct);
        if (wish is not null)
            return wish;
        if (job!.FineTunedModel is not null)
            return StageOutcome.Done;
        try
        {
            var outcome = await EndStageAsync(job, lease, scope);
            await costs.CountAsync(lease);
            return outcome;
        }
        catch (InputError error)
        {
            return job.AtPresent().Refuse(error);
        }
        catch (CheckpointDamagedException damage)
        {
            return damage.Refuse();
        }
    }

    private async Task<StageOutcome> EndStageAsync(JobRecord job, TrainerLease lease, ActivityScope scope)
    {
        var ct = scope.Stopping;
        var plan = await plans.FindAsync(job.StageId(), ct) ?? throw new InvalidOperationException($"{job.Id} has no plan");
        // The stage before was ended by a call whose answer was lost.
        if (lease.Head.Step < plan.LastStep)
            return StageOutcome.Next;
        return job.IsAtLastStage() ? await PublishAsync(job, plan, lease, scope) : await handover.EndAsync(job.AtPresent(), plan, lease, scope);
    }

    private async Task<StageOutcome> PublishAsync(JobRecord job, JobPlan plan, TrainerLease lease, ActivityScope scope)
    {
        var ct = scope.Stopping;
        job = job with { TrainedTokens = lease.Head.TrainedTokens ?? job.TrainedTokens };
        var metrics = await log.ListMetricsAsync(job.Id, 0, ct);
        var evaluation = await evaluations.FindAsync(job.Id, ct);
        if (!job.Stages.IsEmpty)
            job = job.With(job.Stage, own => own with { LastStep = lease.Head.Step, Figures = StageFigures.Of([.. metrics.Where(step => step.Step > own.StepsBefore)]) });
        if (job.PublishIf is { } condition && evaluation is not null && PublishGate.Against(condition, evaluation) is { } reason)
        {
            await log.AppendOnceAsync(lease, "withheld", [new JobEvent { CreatedAt = clock.GetUtcNow(), Level = EventLevel.Warn, Message = reason }], ct);
            await StoreResultAsync(job, metrics, null, ct);
            return StageOutcome.Done;
        }
        if (await exports.FolderAsync(job.AtPresent(), lease, ct) is not { } export)
            return StageOutcome.Yield;
        if (export.IsLate(clock.GetUtcNow(), scope.Deadline))
            return StageOutcome.More;
        if (BestCheckpoint.Told(lease.Head, plan) is { } told)
            await log.AppendOnceAsync(lease, job.OwnName("best"), [new JobEvent { CreatedAt = clock.GetUtcNow(), Message = told }], ct);
        var model = JobModel.Of(job, settings.Organization, clock.GetUtcNow());
        ModelCard.Write(export.Folder, await cards.FactsAsync(model.Id, job, plan, metrics, evaluation, ct));
        await lease.EnsureHeldAsync(ct);
        if (await models.PublishUntilAsync(export.Folder, model, scope.Deadline, ct) is null)
            return StageOutcome.More;
        await lease.EnsureHeldAsync(ct);
        await StoreResultAsync(job, metrics, model.Id, ct);
        return StageOutcome.Done;
    }

    private async Task StoreResultAsync(JobRecord job, IReadOnlyList<JobMetrics> metrics, ModelId? name, CancellationToken ct)
    {
        using var csv = new MemoryStream(StepMetricsCsv.Write(metrics));
        var results = await store.StoreResultAsync(job.Id.Value, job.CreatedAt, StepMetricsCsv.FileName, csv, ct);
        List<FileId> resultFiles = [results.Id];
        foreach (var stage in job.InStages())
        {
            if (stage.Method.Distillation is not null)
                resultFiles.Add(TaughtFiles.IdOf(stage));
            if (stage.Method.Type == MethodType.Reinforcement && await StoreRolloutsAsync(stage, ct) is { } answers)
                resultFiles.Add(answers);
        }
        var ended = job.Stages.LastOrDefault();
        await jobs.UpdateAsync(job.Id, now => Noted(now) with { ResultFiles = [.. resultFiles] }, ct);

        // A job that has ended meanwhile leads to no model: what was published goes with its other leftovers.
        JobRecord Noted(JobRecord now) => now.Status.IsFinal() ? now
            : (ended is null ? now : now.With(now.Stage, _ => ended with { Result = name })) with { FineTunedModel = name };
    }

    private async Task<FileId?> StoreRolloutsAsync(JobRecord stage, CancellationToken ct)
    {
        var path = Path.Combine(folders.Fresh(stage.Id, "rollouts"), RolloutStore.FileName);
        await using var content = new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);
        if (!await rollouts.CopyAsync(stage.StageId(), content, ct))
            return null;
        content.Position = 0;
        return (await store.StoreResultAsync(stage.Id.Value, stage.CreatedAt, stage.OwnName(RolloutStore.FileName), content, ct)).Id;
    }
}
