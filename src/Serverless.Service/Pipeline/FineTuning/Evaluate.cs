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
/// share of exactly right answers and the job's graders or, of preferences, how often the preferred answer gained on the other; and on the general
/// text that is held back, what was forgotten. Of a recipe, what each stage led to is looked at as soon as that stage has trained.
/// </summary>
public sealed class Evaluate(
    BlobAccount account, JobPlans plans, JobWishes wishes, TrainingFiles files, ModelCatalog models, StartingModels starting, JobExports exports,
    JobEvaluations evaluations, EvaluationItems items, JobEvents events, JobCosts costs, PipelineSettings settings, TimeProvider clock,
    ILogger<Evaluate> logger) : IActivity<JobId, StageOutcome>
{
    private static readonly TimeSpan LookAgainForLease = TimeSpan.FromSeconds(5);

    public static ActivityName<JobId, StageOutcome> Name { get; } = new(nameof(Evaluate));

    public async Task<StageOutcome> RunAsync(JobId input, ActivityScope scope)
    {
        var ct = scope.Stopping;
        await using var lease = await TrainerLease.TryAcquireAsync(account, input, clock, logger, ct);
        if (lease is null)
            return StageOutcome.Wait(LookAgainForLease);
        // Read under the lease: a call that was held up may find the job at a later stage than it was called for.
        var (found, wish) = await wishes.ReadAsync(input, ct);
        if (wish is not null)
            return wish;
        var job = found!;
        var plan = await plans.FindAsync(job.StageId(), ct) ?? throw new InvalidOperationException($"{input} has no plan");
        if (lease.Head.Step < plan.LastStep)
            return StageOutcome.Next;
        if (job.AtLast().ValidationFile is null && job.Rehearsing() is null)
            return StageOutcome.Done;
        try
        {
            var outcome = await CompareAsync(job, plan, lease, scope);
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

    /// <summary>Goes on with the base, then with what the present stage led to.</summary>
    /// <param name="present">The plan of that stage.</param>
    private async Task<StageOutcome> CompareAsync(JobRecord job, JobPlan present, TrainerLease lease, ActivityScope scope)
    {
        var (stage, last) = (job.AtPresent(), job.AtLast());
        IReadOnlyList<DatasetExample> examples = last.ValidationFile is { } validation ? await files.ReadAsync(last, validation, "validation_file", scope.Stopping) : [];
        var evaluation = await evaluations.FindAsync(job.Id, scope.Stopping) ?? new JobEvaluation { Examples = examples.Count };
        if (evaluation.Finished)
            return StageOutcome.Done;
        var plan = await plans.FindAsync(last.StageId(), scope.Stopping) ?? throw new InvalidOperationException($"{job.Id} has no plan");
        Func<CancellationToken, Task<IReadOnlyList<TextExample>>>? general = job.Rehearsing() is { } rehearsing ? ct => files.ReadReplayAsync(rehearsing, ct) : null;
        var run = new EvaluationRun(
            examples, general, job.CreatedAt, plan.Options.Policy?.MaxAnswerTokens ?? plan.AnswerTokens, AnswerForm.Of(last), last.AnswerGraders.Any(), settings);
        if (!job.IsAtLastStage() && run.IsComplete(evaluation.Of(job.Stage)))
            return StageOutcome.Done;
        if (await exports.FolderAsync(stage, lease, scope.Stopping) is not { } tuned)
            return StageOutcome.Yield;
        var outcome = await EvaluateAsync(
            await BaseFolderAsync(job, scope.Stopping), run, evaluation.Base, part => evaluation = evaluation with { Base = part }, last, lease, scope);
        if (outcome.Result == StageResult.Done)
            outcome = job.IsAtLastStage()
                ? await EvaluateAsync(tuned.Folder, run, evaluation.Tuned, part => evaluation = evaluation with { Tuned = part }, last, lease, scope)
                : await EvaluateAsync(tuned.Folder, run, evaluation.Of(job.Stage), part => evaluation = evaluation.With(job.Stage, part), last, lease, scope);
        var evaluated = job.IsAtLastStage() ? evaluation.Tuned : evaluation.Of(job.Stage);
        // Before what says that the stage is done.
        if (outcome.Result == StageResult.Done && evaluated.Scores.Tokens > 0)
            await ChunkCommits.NoteEvaluationAsync(lease, present, evaluated.Scores, CancellationToken.None);
        if (outcome.Result == StageResult.Done && job.IsAtLastStage())
        {
            evaluation = evaluation.WithPreference(plan.Options.Beta, job.Seed).Compared(job.Seed) with { Finished = true };
            if (UngradedAnswers.Of(evaluation) is { Count: > 0 } ungraded)
                await events.AppendOnceAsync(lease, "ungraded", EventLevel.Warn, ungraded, CancellationToken.None);
        }
        await lease.EnsureHeldAsync(CancellationToken.None);
        await evaluations.WriteAsync(job.Id, evaluation, CancellationToken.None);
        return outcome;
    }

    /// <summary>Goes on with one model, until it is complete, the time is up, or the job's owner wants something else.</summary>
    private async Task<StageOutcome> EvaluateAsync(
        string folder, EvaluationRun run, ModelEvaluation part, Action<ModelEvaluation> done, JobRecord job, TrainerLease lease, ActivityScope scope)
    {
        if (run.IsComplete(part))
            return StageOutcome.Done;
        var leaveAt = clock.GetUtcNow() + (scope.Deadline - clock.GetUtcNow()) / 2;
        await using var thread = new TensorThread($"evaluate {job.Id}");
        using var model = await thread.RunAsync(() => LanguageModel.Load(folder));
        var watch = new WishWatch(job.Id, wishes, () => 0, settings, clock);
        // A block at least: otherwise a model that takes long to load would never come to one.
        for (var first = true; !run.IsComplete(part); first = false)
        {
            if ((!first && clock.GetUtcNow() >= leaveAt) || scope.Stopping.IsCancellationRequested)
                return StageOutcome.More;
            await run.ReadAsync(part, scope.Stopping);
            using var interrupt = CancellationTokenSource.CreateLinkedTokenSource(scope.Stopping, lease.Lost);
            var next = NextAsync(run, model, part, job, thread, interrupt.Token);
            var wish = await watch.WatchAsync(next, interrupt, scope.Stopping);
            try
            {
                part = await next;
            }
            catch (OperationCanceledException) when (interrupt.IsCancellationRequested)
            {
                // The block is repeated.
                return wish ?? StageOutcome.More;
            }
            done(part);
            if (wish is not null)
                return wish;
        }
        return StageOutcome.Done;
    }

    /// <summary>One block of examples, scored or answered, and the answers graded.</summary>
    private async Task<ModelEvaluation> NextAsync(EvaluationRun run, LanguageModel model, ModelEvaluation part, JobRecord job, TensorThread thread, CancellationToken ct)
    {
        var (answered, answers) = await thread.RunAsync(() => run.Next(model, part, ct));
        return answers.Count == 0 ? answered : await items.GradeAsync(job, job.ValidationFile!.Value, answered, answers, ct);
    }

    /// <summary>The model whose tuning led to the one that is published: of a recipe that teaches a student, that.</summary>
    private async Task<string> BaseFolderAsync(JobRecord job, CancellationToken ct)
    {
        var last = job.Stages.Length - 1;
        var start = job.StartOf(last);
        var model = await models.FindAsync(start, ct)
            ?? throw new InputError($"model: '{start}' was deleted", "model", "model_not_available");
        var first = await plans.FindAsync(job.At(job.FirstOf(last)).StageId(), ct);
        return await starting.FolderAsync(model, first?.StartsFrom, ct);
    }
}
