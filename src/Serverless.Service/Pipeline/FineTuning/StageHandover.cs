using Serverless.Service.Jobs;
using Serverless.Service.Models;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>
/// Between two stages of a recipe: what the ended one led to becomes a model under the name of its last checkpoint, and the next one starts
/// from there, as a job of its own would, or has it teach the next one's student.
/// </summary>
public sealed class StageHandover(
    JobCatalog jobs, JobPlans plans, JobExports exports, JobLog log, ModelStore models, PipelineSettings settings, TimeProvider clock)
{
    /// <summary>Ends a stage that is not the last one. Doing it twice has the effect of doing it once.</summary>
    /// <param name="stage">The job as if that stage were all of it.</param>
    /// <param name="plan">That stage's.</param>
    /// <param name="lease">The right to work on the job, under which <paramref name="stage"/> was read.</param>
    /// <returns>More if the time has run out: what is there of the model stays, and the next call goes on.</returns>
    /// <exception cref="LeaseLostException">Another call has taken over; the next stage's plan is its own.</exception>
    /// <exception cref="Learning.InputError">The model or the file that training needs cannot be used any more.</exception>
    public async Task<StageOutcome> EndAsync(JobRecord stage, JobPlan plan, TrainerLease lease, ActivityScope scope)
    {
        var ct = scope.Stopping;
        if (await exports.FolderAsync(stage, lease, ct) is not { } export)
            return StageOutcome.Yield;
        if (export.IsLate(clock.GetUtcNow(), scope.Deadline))
            return StageOutcome.More;
        if (BestCheckpoint.Told(lease.Head, plan) is { } told)
            await log.AppendOnceAsync(lease, stage.OwnName("best"), [new JobEvent { CreatedAt = clock.GetUtcNow(), Message = told }], ct);
        var head = lease.Head;
        var model = JobModel.Of(stage, settings.Organization, clock.GetUtcNow(), BestCheckpoint.Of(head, plan).Step);
        await lease.EnsureHeldAsync(ct);
        if (await models.PublishUntilAsync(export.Folder, model, scope.Deadline, ct) is null)
            return StageOutcome.More;
        var result = model.Id;
        var (at, next) = (stage.Stage, stage.Stage + 1);
        var nextId = new StageId(stage.Id, next);
        var follows = await plans.FindAsync(nextId, ct) ?? throw new InvalidOperationException($"{nextId} has no plan");
        await lease.EnsureHeldAsync(ct);
        await plans.WriteAsync(nextId, follows with { StepsBefore = head.Step, TokensBefore = head.TrainedTokens ?? stage.TrainedTokens ?? 0 }, ct);
        var figures = StageFigures.Of(await log.ListMetricsAsync(stage.Id, stage.Stages[at].StepsBefore, ct));
        await log.AppendOnceAsync(lease, stage.OwnName("ended"), [new JobEvent { CreatedAt = clock.GetUtcNow(), Message = Message(stage, result) }], ct);
        // Last, because from here on the next stage is the present one.
        await jobs.UpdateAsync(
            stage.Id,
            now => now.Status.IsFinal() || now.Stage != at ? now : (now with { Stage = next })
                .With(at, own => own with { Result = result, LastStep = head.Step, Figures = figures })
                .With(next, own => own with { Model = own.Student ?? result, Before = result, StepsBefore = head.Step }),
            ct);
        // The next stage takes the model from the storage, as any other.
        Directory.Delete(export.Folder, recursive: true);
        return StageOutcome.Next;
    }

    private static string Message(JobRecord stage, ModelId result)
    {
        var (number, all) = (stage.Stage + 1, stage.Stages.Length);
        return $"Stage {number} of {all}, {NameOf(stage.Stages[stage.Stage])}, has led to {result}; stage {number + 1} of {all}, {NameOf(stage.Stages[number])}, "
            + (stage.Stages[number].Student is { } student ? $"teaches what that answers to {student}" : "starts from there");
    }

    private static string NameOf(RecipeStage stage) => stage.Method.Type.ToString().ToLowerInvariant();
}
