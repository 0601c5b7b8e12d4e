using Serverless.Learning.Training;
using Serverless.Service.Jobs;
using Serverless.Service.Pipeline.FineTuning.Teaching;
using Serverless.Service.Telemetry;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>
/// One chunk under way. Steps are taken in slices of about a second; while one runs, the slice before is shown and the owner's wish is
/// read, again and again where validation or answers make it a long one. A checkpoint is copied between two slices and uploaded during the next ones.
/// </summary>
internal sealed class ChunkRun(
    TrainingSession session, TrainerLease lease, JobPlan plan, ChunkCommits commits, RolloutStore rollouts, JobWishes wishes,
    PipelineSettings settings, TimeProvider clock)
{
    private readonly WishWatch _watch = new(session.JobId, wishes, () => lease.Seconds, settings, clock);
    private ChunkUpload? _upload;
    private int _saved = lease.Head.Step;
    private readonly ShowPace _pace = new(clock);

    /// <summary>The validation losses of the epochs so far, where training may end early.</summary>
    public required List<double> ValidationLosses { get; init; }

    /// <summary>Whether training ends here though there are steps left.</summary>
    private bool IsStopped { get; set; }

    /// <exception cref="TeacherAwayException">Who grades does not answer now; what was trained by then is committed.</exception>
    /// <exception cref="DivergenceException">The gradient is not finite again and again; what was trained by then is committed.</exception>
    public async Task<StageOutcome> RunAsync(ActivityScope scope)
    {
        try
        {
            return await GoOnAsync(scope);
        }
        catch (Exception end) when (end is TeacherAwayException or DivergenceException)
        {
            await StoreAsync(scope);
            await LeaveAsync(null, scope);
            throw;
        }
    }

    private async Task<StageOutcome> GoOnAsync(ActivityScope scope)
    {
        var begun = clock.GetUtcNow();
        var lastStep = (int)Math.Min((long)session.Step + (settings.ChunkSteps ?? int.MaxValue), session.LastStep);
        var leaveAt = scope.Deadline - Margin(scope.Deadline - begun);
        var committed = clock.GetTimestamp();
        StageOutcome? wish = null;
        while (true)
        {
            var untilSave = settings.CheckpointInterval - clock.GetElapsedTime(committed);
            if (session.Step < lastStep || session.Owed is not null)
            {
                wish = await TrainAsync(Shortest(settings.WishInterval, leaveAt - clock.GetUtcNow(), untilSave), Math.Min(lastStep - session.Step, BestCheckpoint.StepsToLook(plan, session.Step)), scope);
                await StoreAsync(scope);
            }
            if (lease.Lost.IsCancellationRequested)
                throw new LeaseLostException(lease.JobId);
            if (_upload is { IsComplete: true })
                await CommitAsync(scope);
            if (IsStopped || session.Step >= lastStep || wish is not null || clock.GetUtcNow() >= leaveAt || scope.Stopping.IsCancellationRequested)
                break;
            if (IsToBeKept && _upload is not null)
                await CommitAsync(scope);
            if (_upload is null && session.Step > _saved && (IsToBeKept || clock.GetElapsedTime(committed) >= settings.CheckpointInterval))
            {
                _upload = await commits.SaveAsync(session, CancellationToken.None);
                _saved = session.Step;
                committed = clock.GetTimestamp();
            }
        }
        return await LeaveAsync(wish, scope);
    }

    /// <summary>
    /// One slice. A wish ends it after its present step; the end of the process, which does not wait for long, and a trainer that has taken over drop that step.
    /// </summary>
    private async Task<StageOutcome?> TrainAsync(TimeSpan length, int mostSteps, ActivityScope scope)
    {
        using var drop = CancellationTokenSource.CreateLinkedTokenSource(scope.Stopping, lease.Lost);
        using var interrupt = CancellationTokenSource.CreateLinkedTokenSource(drop.Token);
        var slice = session.TrainAsync(length, mostSteps, clock, interrupt.Token, drop.Token);
        try
        {
            await ShowAsync(scope);
            return await _watch.WatchAsync(slice, interrupt, scope.Stopping, () => ShowAsync(scope));
        }
        finally
        {
            // Noted also if the storage is away: the session goes on with them when it is back.
            foreach (var step in await slice)
                Note(step);
        }
    }

    /// <summary>Whether an epoch has just ended whose checkpoint will be one of those kept at the end, or a step whose checkpoint may be the best.</summary>
    private bool IsToBeKept =>
        (session.IsAtEpochEnd && (plan.TakesBest || session.LastStep - session.Step < settings.KeepCheckpoints * plan.StepsPerEpoch)) || BestCheckpoint.IsLookedAt(plan, session.Step);

    /// <summary>Commits everything. The process may be about to end, so this does not listen to <see cref="ActivityScope.Stopping"/>.</summary>
    private async Task<StageOutcome> LeaveAsync(StageOutcome? wish, ActivityScope scope)
    {
        if (_upload is not null)
            await CommitAsync(scope);
        if (session.Step > lease.Head.Step && wish?.Result != StageResult.Stop)
            await KeepAsync(scope);
        return wish ?? (session.Owed is null && (IsStopped || session.Step >= session.LastStep) ? StageOutcome.Done : StageOutcome.More);
    }

    private async Task KeepAsync(ActivityScope scope)
    {
        if (session.Owed is not null)
        {
            await commits.ParkAsync(session, lease, CancellationToken.None);
            await scope.CommittedAsync();
            return;
        }
        _upload = await commits.SaveAsync(session, CancellationToken.None);
        await CommitAsync(scope);
    }

    private async Task CommitAsync(ActivityScope scope)
    {
        await commits.CommitAsync(session, _upload!, lease, plan, CancellationToken.None);
        _upload = null;
        _pace.Committed();
        await scope.CommittedAsync();
    }

    /// <summary>Keeps what the policy answered, so that the rollout goes on from there whatever happens.</summary>
    private async Task StoreAsync(ActivityScope scope)
    {
        while (session.Rollouts.Count > 0)
        {
            await rollouts.WriteAsync(session.StageId, session.Rollouts[0], CancellationToken.None);
            session.Rollouts.RemoveAt(0);
            await scope.CommittedAsync();
        }
    }

    /// <summary>Shows, while a slice runs, what the slices before have done.</summary>
    private async Task ShowAsync(ActivityScope scope)
    {
        try
        {
            // The step of the last slice: in this one the session's own goes on meanwhile.
            var state = (session.Metrics is [.., var last] ? last.Step : lease.Head.Step, session.Events.Count);
            if (_upload is null && _pace.IsDue(state))
                _pace.Shown(state, await commits.ShowAsync(session, lease, scope.Stopping));
        }
        catch (OperationCanceledException) when (scope.Stopping.IsCancellationRequested)
        {
            // What is committed now is shown anyway.
        }
    }

    private void Note(TrainedStep taken)
    {
        var step = taken.Metrics;
        ServiceTelemetry.Step(session.JobId, step.Step, step.Loss, step.Tokens, step.Elapsed);
        var metrics = new JobMetrics
        {
            Step = step.Step,
            CreatedAt = taken.At,
            TrainLoss = step.Loss,
            TrainAccuracy = step.Accuracy,
            ValidLoss = taken.Validation?.Loss,
            ValidAccuracy = taken.Validation?.Accuracy,
            LearningRate = step.LearningRate,
            GradientNorm = step.GradientNorm,
            Skipped = step.Skipped,
            Tokens = step.Tokens,
            Seconds = step.Elapsed.TotalSeconds,
            Figures = StepFigures.Of(taken),
        };
        session.Metrics.Add(metrics);
        if (taken.Validation is { } looked && plan.EarlyStoppingPatience is { } patience)
        {
            ValidationLosses.Add(looked.Loss);
            IsStopped = EarlyStop.IsDue(ValidationLosses, patience) && session.Step < session.LastStep;
            if (IsStopped)
                session.Events.Add((step.Step, StepEvents.Stopped(taken, patience, plan.TakesBest)));
        }
        if (step.Skipped)
            session.Events.Add((step.Step, StepEvents.Skipped(taken)));
        if (taken.Samples.Count > 0)
            session.Events.Add((step.Step, StepEvents.Samples(taken)));
        if (step.Step == session.StepsBefore + 1 || step.Step % settings.MetricsEventSteps == 0 || step.Step == session.LastStep || taken.Looked)
            session.Events.Add((step.Step, StepEvents.Metrics(taken, session.LastStep + plan.StepsAfter)));
        if (session.Advice is { } advice)
            session.Events.AddRange(advice.Take(metrics).Select(told => (step.Step, told)));
    }

    private static TimeSpan Shortest(params ReadOnlySpan<TimeSpan> lengths)
    {
        var shortest = lengths[0];
        foreach (var length in lengths)
            shortest = length < shortest ? length : shortest;
        return shortest;
    }

    /// <summary>What is left of the deadline for the last commit.</summary>
    private static TimeSpan Margin(TimeSpan budget) => budget / 8 < TimeSpan.FromSeconds(30) ? budget / 8 : TimeSpan.FromSeconds(30);
}
