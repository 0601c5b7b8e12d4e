using System.Globalization;
using System.Text.Json;
using Serverless.Learning.Training;
using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>
/// One chunk under way. Steps are taken in slices of about a second; while one runs, the slice before is shown and the owner's wish is
/// read. A checkpoint is copied between two slices and uploaded during the next ones.
/// </summary>
internal sealed class ChunkRun(
    TrainingSession session, TrainerLease lease, JobPlan plan, ChunkCommits commits, JobWishes wishes, PipelineSettings settings, TimeProvider clock)
{
    private ChunkUpload? _upload;

    public async Task<StageOutcome> RunAsync(ActivityScope scope)
    {
        var begun = clock.GetUtcNow();
        var leaveAt = scope.Deadline - Margin(scope.Deadline - begun);
        var committed = clock.GetTimestamp();
        StageOutcome? wish = null;
        while (true)
        {
            var untilSave = settings.CheckpointInterval - clock.GetElapsedTime(committed);
            if (session.Step < session.TotalSteps)
            {
                var slice = session.TrainAsync(Shortest(settings.WishInterval, leaveAt - clock.GetUtcNow(), untilSave), clock);
                try
                {
                    wish = await LookAroundAsync(scope);
                }
                finally
                {
                    // Noted also if the storage is away: the session goes on with them when it is back.
                    foreach (var step in await slice)
                        Note(step);
                }
            }
            if (lease.Lost.IsCancellationRequested)
                throw new LeaseLostException(lease.JobId);
            if (_upload is { IsComplete: true })
                await CommitAsync(scope);
            if (session.Step >= session.TotalSteps || wish is not null || clock.GetUtcNow() >= leaveAt || scope.Stopping.IsCancellationRequested)
                break;
            if (_upload is null && clock.GetElapsedTime(committed) >= settings.CheckpointInterval)
            {
                _upload = await commits.SaveAsync(session, CancellationToken.None);
                committed = clock.GetTimestamp();
            }
        }
        return await LeaveAsync(wish, scope);
    }

    /// <summary>Commits everything. The process may be about to end, so this does not listen to <see cref="ActivityScope.Stopping"/>.</summary>
    private async Task<StageOutcome> LeaveAsync(StageOutcome? wish, ActivityScope scope)
    {
        if (_upload is not null)
            await CommitAsync(scope);
        if (session.Step > lease.Head.Step && wish?.Result != StageResult.Stop)
        {
            _upload = await commits.SaveAsync(session, CancellationToken.None);
            await CommitAsync(scope);
        }
        return wish ?? (session.Step >= session.TotalSteps ? StageOutcome.Done : StageOutcome.More);
    }

    private async Task CommitAsync(ActivityScope scope)
    {
        await commits.CommitAsync(session, _upload!, lease, plan, CancellationToken.None);
        _upload = null;
        await scope.CommittedAsync();
    }

    /// <summary>What is done while a slice runs.</summary>
    private async Task<StageOutcome?> LookAroundAsync(ActivityScope scope)
    {
        try
        {
            if (_upload is null)
                await commits.ShowAsync(session, lease, scope.Stopping);
            return (await wishes.ReadAsync(session.JobId, scope.Stopping)).Outcome;
        }
        catch (OperationCanceledException) when (scope.Stopping.IsCancellationRequested)
        {
            return null;
        }
    }

    private void Note(StepMetrics step)
    {
        var now = clock.GetUtcNow();
        session.Metrics.Add(new JobMetrics
        {
            Step = step.Step,
            CreatedAt = now,
            TrainLoss = step.Loss,
            TrainAccuracy = step.Accuracy,
            LearningRate = step.LearningRate,
            GradientNorm = step.GradientNorm,
            Tokens = step.Tokens,
            Seconds = step.Elapsed.TotalSeconds,
        });
        if (step.Skipped)
            Say(step.Step, EventLevel.Warn, $"Step {step.Step}: the gradient was not finite; the step was skipped");
        if (step.Step == 1 || step.Step % settings.MetricsEventSteps == 0 || step.Step == session.TotalSteps)
            session.Events.Add((step.Step, MetricsEvent(step, now)));
    }

    private void Say(int step, EventLevel level, string message) =>
        session.Events.Add((step, new JobEvent { CreatedAt = clock.GetUtcNow(), Level = level, Message = message }));

    private JobEvent MetricsEvent(StepMetrics step, DateTimeOffset now) => new()
    {
        CreatedAt = now,
        Type = EventType.Metrics,
        Message = string.Create(
            CultureInfo.InvariantCulture, $"Step {step.Step}/{session.TotalSteps}: training loss={step.Loss:0.00##}"),
        Data = JsonSerializer.SerializeToElement(new Dictionary<string, double>
        {
            ["step"] = step.Step,
            ["total_steps"] = session.TotalSteps,
            ["train_loss"] = step.Loss,
            ["train_mean_token_accuracy"] = step.Accuracy,
            ["learning_rate"] = step.LearningRate,
            ["tokens_per_second"] = Math.Round(step.Tokens / Math.Max(1e-9, step.Elapsed.TotalSeconds), 1),
        }),
    };

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
