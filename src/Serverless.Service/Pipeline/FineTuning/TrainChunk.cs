using Microsoft.Extensions.Logging;
using Serverless.Learning;
using Serverless.Learning.Training;
using Serverless.Service.Jobs;
using Serverless.Service.Pipeline.FineTuning.Teaching;
using Serverless.Service.Storage;
using Serverless.Service.Telemetry;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>
/// Trains one bounded stretch of a job: continues from the last checkpoint, commits as it goes, and leaves at the end, at its deadline,
/// or when the job's owner wants something else. Before the first step of preferences, the reference is scored in the same way.
/// </summary>
public sealed class TrainChunk(
    BlobAccount account, JobPlans plans, JobWishes wishes, References references, RolloutStore rollouts, TrainingSessions sessions, ChunkCommits commits,
    TeacherAbsences absences, JobCosts costs, PipelineSettings settings, TimeProvider clock, ILogger<TrainChunk> logger) : IActivity<JobId, StageOutcome>
{
    private static readonly TimeSpan LookAgainForLease = TimeSpan.FromSeconds(5);

    public static ActivityName<JobId, StageOutcome> Name { get; } = new(nameof(TrainChunk));

    public async Task<StageOutcome> RunAsync(JobId input, ActivityScope scope)
    {
        using var span = ServiceTelemetry.StartChunk(input);
        var outcome = await TrainAsync(input, scope);
        span?.SetTag("serverless.chunk.outcome", outcome.Result.ToString());
        if (outcome.Result is StageResult.Yield or StageResult.Stop or StageResult.Refuse)
            await sessions.CloseAsync(input);
        return outcome;
    }

    private async Task<StageOutcome> TrainAsync(JobId id, ActivityScope scope)
    {
        var ct = scope.Stopping;
        var (job, wish) = await wishes.ReadAsync(id, ct);
        if (wish is not null)
            return wish;
        job = job!.AtPresent();
        var plan = await plans.FindAsync(job.StageId(), ct) ?? throw new InvalidOperationException($"{id} was admitted without a plan");
        await using var lease = await TrainerLease.TryAcquireAsync(account, id, clock, logger, ct);
        if (lease is null)
            return StageOutcome.Wait(LookAgainForLease);
        if (lease.Head.Step >= plan.LastStep)
        {
            await costs.ShowAsync(lease);
            return StageOutcome.Done;
        }
        var outcome = await TrainAsync(job, plan, lease, scope);
        await costs.CountAsync(lease);
        return outcome;
    }

    private async Task<StageOutcome> TrainAsync(JobRecord job, JobPlan plan, TrainerLease lease, ActivityScope scope)
    {
        var ct = scope.Stopping;
        try
        {
            if (job.Method.Type == MethodType.Dpo && await ReferenceAsync(job, plan, lease, scope) is { } unfinished)
                return unfinished;
            await commits.BeginAsync(lease, plan, ct);
            using var use = await OpenAsync(job, plan, lease, ct);
            if (use.Session.TotalSteps != plan.TotalSteps)
                await plans.WriteAsync(job.StageId(), plan = plan with { TotalSteps = use.Session.TotalSteps }, ct);
            return await TrainAsync(use.Session, job, plan, lease, scope);
        }
        catch (InputError error)
        {
            return job.Refuse(error);
        }
        catch (CheckpointDamagedException damage)
        {
            return damage.Refuse();
        }
        catch (DivergenceException divergence)
        {
            return StageOutcome.Refuse(new JobError("training_diverged", MessageOf(divergence, plan, lease.Head), job.MethodPath()));
        }
    }

    private async Task<StageOutcome> TrainAsync(TrainingSession session, JobRecord job, JobPlan plan, TrainerLease lease, ActivityScope scope)
    {
        List<double> losses = plan.EarlyStoppingPatience is null ? [] : [.. (await commits.MetricsAsync(session, scope.Stopping, step => step.ValidLoss is not null)).Select(step => step.ValidLoss).OfType<double>()];
        if (plan.Options.Policy is { } policy)
            session.Advice ??= await commits.AdviceAsync(session, policy, scope.Stopping);
        // The process may have ended between the last commit and the note that training ends there.
        var isOver = session.Step == lease.Head.Step && session.IsAtEpochEnd
            && plan.EarlyStoppingPatience is { } patience && EarlyStop.IsDue(losses, patience);
        StageOutcome outcome;
        try
        {
            outcome = isOver
                ? StageOutcome.Done
                : await new ChunkRun(session, lease, plan, commits, rollouts, wishes, settings, clock) { ValidationLosses = losses }.RunAsync(scope);
        }
        catch (TeacherAwayException away)
        {
            return await absences.OutcomeAsync(job, lease, session.Ungraded, away, scope.Stopping);
        }
        if (outcome.Result == StageResult.Done && lease.Head.Step < plan.EndStep)
            await plans.WriteAsync(session.StageId, plan with { StoppedAt = lease.Head.Step }, CancellationToken.None);
        return outcome;
    }

    private static string MessageOf(DivergenceException divergence, JobPlan plan, JobHead head) =>
        $"step {plan.StepsBefore + divergence.Step}: the gradient was not finite for {divergence.Skipped} steps in a row; lower the learning rate or look at the data of these steps"
        + (head.Step > plan.StepsBefore ? $". The checkpoint of step {head.Step}, whose weights are the last good ones, can be used" : "");

    /// <summary>Scores the reference of preferences; null if that is done.</summary>
    private async Task<StageOutcome?> ReferenceAsync(JobRecord job, JobPlan plan, TrainerLease lease, ActivityScope scope)
    {
        var state = await references.FindAsync(job.StageId(), scope.Stopping) ?? new ReferenceState();
        if (state.Finished)
            return null;
        StageOutcome outcome;
        using (var use = await OpenAsync(job, plan, lease, scope.Stopping))
            outcome = await new ReferenceRun(use.Session, lease, references, wishes, settings, clock).RunAsync(state, scope);
        // A trainer takes the scores when it is built.
        if ((await references.FindAsync(job.StageId(), scope.Stopping))?.Finished == true)
            await sessions.CloseAsync(job.Id);
        return outcome;
    }

    private async Task<SessionUse> OpenAsync(JobRecord job, JobPlan plan, TrainerLease lease, CancellationToken ct)
    {
        while (true)
        {
            try
            {
                return await sessions.OpenAsync(job, plan, lease.Head, ct);
            }
            catch (CheckpointDamagedException damage)
            {
                if (!await commits.DropAsync(lease, plan, damage, ct))
                    throw;
            }
        }
    }
}
