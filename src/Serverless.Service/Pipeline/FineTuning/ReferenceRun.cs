using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>
/// What comes before the first chunk of a job that learns preferences: what the model that the job starts from says about every pair is
/// computed once, in stretches of bounded time, and kept.
/// </summary>
internal sealed class ReferenceRun(
    TrainingSession session, TrainerLease lease, References references, JobWishes wishes, PipelineSettings settings, TimeProvider clock)
{
    /// <summary>Goes on until all is scored, the time is up, or the job's owner wants something else.</summary>
    public async Task<StageOutcome> RunAsync(ReferenceState state, ActivityScope scope)
    {
        var leaveAt = scope.Deadline - (scope.Deadline - clock.GetUtcNow()) / 8;
        var written = clock.GetTimestamp();
        var watch = new WishWatch(session.JobId, wishes, () => lease.Seconds, settings, clock);
        while (true)
        {
            using var drop = CancellationTokenSource.CreateLinkedTokenSource(scope.Stopping, lease.Lost);
            using var interrupt = CancellationTokenSource.CreateLinkedTokenSource(drop.Token);
            var slice = session.ScoreReferenceAsync(state, settings.WishInterval, clock, interrupt.Token, drop.Token);
            var wish = await watch.WatchAsync(slice, interrupt, scope.Stopping);
            state = await slice;
            var leaves = state.Finished || wish is not null || clock.GetUtcNow() >= leaveAt || drop.IsCancellationRequested;
            if (leaves || clock.GetElapsedTime(written) >= settings.CheckpointInterval)
            {
                await lease.EnsureHeldAsync(CancellationToken.None);
                await references.WriteAsync(session.StageId, state, CancellationToken.None);
                await scope.CommittedAsync();
                written = clock.GetTimestamp();
            }
            if (leaves)
                return wish ?? StageOutcome.More;
        }
    }
}
