using Microsoft.Extensions.Logging;
using Serverless.Learning;
using Serverless.Learning.Data;
using Serverless.Learning.Models;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Storage;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>
/// Compares the base and the tuned model, in the form in which it is published, on the validation file: loss, token accuracy, and the
/// share of exactly right answers and the job's graders or, of preferences, how often the preferred answer gained on the other.
/// </summary>
public sealed class Evaluate(
    BlobAccount account, JobPlans plans, JobWishes wishes, TrainingFiles files, ModelCatalog models, StartingModels starting, JobExports exports,
    JobEvaluations evaluations, EvaluationItems items, JobCosts costs, PipelineSettings settings, TimeProvider clock,
    ILogger<Evaluate> logger) : IActivity<JobId, StageOutcome>
{
    public static ActivityName<JobId, StageOutcome> Name { get; } = new(nameof(Evaluate));

    public async Task<StageOutcome> RunAsync(JobId input, ActivityScope scope)
    {
        var ct = scope.Stopping;
        var (job, wish) = await wishes.ReadAsync(input, ct);
        if (wish is not null)
            return wish;
        if (job!.ValidationFile is not { } validation)
            return StageOutcome.Done;
        try
        {
            var examples = await files.ReadAsync(job, validation, "validation_file", ct);
            var evaluation = await evaluations.FindAsync(input, ct) ?? new JobEvaluation { Examples = examples.Count };
            return evaluation.Finished ? StageOutcome.Done : await costs.CountAsync(input, () => CompareAsync(job, examples, evaluation, scope));
        }
        catch (InputError error)
        {
            return StageOutcome.Refuse(error, "invalid_request_error", null);
        }
    }

    private async Task<StageOutcome> CompareAsync(
        JobRecord job, IReadOnlyList<DatasetExample> examples, JobEvaluation evaluation, ActivityScope scope)
    {
        var plan = await plans.FindAsync(job.Id, scope.Stopping) ?? throw new InvalidOperationException($"{job.Id} has no plan");
        var run = new EvaluationRun(examples, job.CreatedAt, plan.Options.Policy?.MaxAnswerTokens ?? plan.AnswerTokens, job.AnswerGraders.Any(), settings);
        if (await exports.FolderAsync(job, scope.Stopping) is not { } tunedFolder)
            return StageOutcome.Yield;
        var outcome = await EvaluateAsync(
            await BaseFolderAsync(job, scope.Stopping), run, evaluation.Base, part => evaluation = evaluation with { Base = part }, job, scope);
        if (outcome.Result == StageResult.Done)
            outcome = await EvaluateAsync(tunedFolder, run, evaluation.Tuned, part => evaluation = evaluation with { Tuned = part }, job, scope);
        await evaluations.WriteAsync(job.Id, evaluation, CancellationToken.None);
        if (outcome.Result == StageResult.Done)
        {
            evaluation = evaluation.WithPreference(plan.Options.Beta).Compared(job.Seed);
            if (evaluation.Tuned.Scores.Tokens > 0)
                await NoteAsync(job.Id, plan, evaluation, CancellationToken.None);
            await evaluations.WriteAsync(job.Id, evaluation with { Finished = true }, CancellationToken.None);
        }
        return outcome;
    }

    /// <summary>Goes on with one model, until it is complete, the time is up, or the job's owner wants something else.</summary>
    private async Task<StageOutcome> EvaluateAsync(
        string folder, EvaluationRun run, ModelEvaluation part, Action<ModelEvaluation> done, JobRecord job, ActivityScope scope)
    {
        if (run.IsComplete(part))
            return StageOutcome.Done;
        var leaveAt = clock.GetUtcNow() + (scope.Deadline - clock.GetUtcNow()) / 2;
        await using var thread = new TensorThread($"evaluate {job.Id}");
        using var model = await thread.RunAsync(() => LanguageModel.Load(folder));
        // A block at least: otherwise a model that takes long to load would never come to one.
        for (var first = true; !run.IsComplete(part); first = false)
        {
            if ((!first && clock.GetUtcNow() >= leaveAt) || scope.Stopping.IsCancellationRequested)
                return StageOutcome.More;
            var next = thread.RunAsync(() => run.Next(model, part, CancellationToken.None));
            var wish = (await wishes.ReadAsync(job.Id, CancellationToken.None)).Outcome;
            var (answered, answers) = await next;
            part = await items.GradeAsync(job, job.ValidationFile!.Value, answered, answers, scope.Stopping);
            done(part);
            if (wish is not null)
                return wish;
        }
        return StageOutcome.Done;
    }

    private async Task NoteAsync(JobId id, JobPlan plan, JobEvaluation evaluation, CancellationToken ct)
    {
        await using var lease = await TrainerLease.TryAcquireAsync(account, id, clock, logger, ct) ?? throw new TrainerBusyException(id);
        await ChunkCommits.NoteEvaluationAsync(lease, plan, evaluation.Tuned.Scores, ct);
    }

    private async Task<string> BaseFolderAsync(JobRecord job, CancellationToken ct)
    {
        var model = await models.FindAsync(job.Model, ct)
            ?? throw new InputError($"model: '{job.Model}' was deleted", "model", "model_not_available");
        return await starting.FolderAsync(model, ct);
    }
}
