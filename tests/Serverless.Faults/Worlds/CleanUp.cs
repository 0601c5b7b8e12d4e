using Serverless.Service.Evals;
using Serverless.Service.Files;
using Serverless.Service.Models.Adding;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.Evals;
using Serverless.Service.Pipeline.Intake;
using Serverless.Service.Uploads;

namespace Serverless.Faults.Worlds;

/// <summary>What a head's upkeep does to what was broken off, days later.</summary>
internal static class CleanUp
{
    /// <summary>Removes it, as a head that runs in three days would: uploads that nobody completes, contents that nothing names, and what evaluations have left that were deleted.</summary>
    public static async Task RunAsync(World world, CancellationToken ct)
    {
        var clock = new LaterClock(TimeSpan.FromDays(3));
        var uploads = new UploadCatalog(world.Account);
        var store = new FileStore(world.Account, world.Files, clock);
        await new UploadService(uploads, new UploadBlobs(store), store, new FileIntake(store, new NoWorkflows()), clock).RemoveExpiredAsync(ct);
        var unnamed = new UnnamedContents(world.Account, world.Files, uploads, world.Models, world.Jobs, new IncomingArchives(world.Account, clock), clock);
        await unnamed.RemoveAsync(ct);
        await new LeftEvalRuns(world.Evals, world.EvalRuns, new EvalItemStore(world.Account), clock).RemoveAsync(ct);
        // What has no date has to be seen for a day.
        clock.Later(UnnamedContents.Age);
        await unnamed.RemoveAsync(ct);
    }

    private sealed class LaterClock(TimeSpan by) : TimeProvider
    {
        private TimeSpan _by = by;

        public void Later(TimeSpan more) => _by += more;

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _by;
    }

    /// <summary>Cleaning up starts nothing.</summary>
    private sealed class NoWorkflows : IWorkflowStarter
    {
        public Task StartAsync<TIn>(WorkflowName<TIn> workflow, string instanceId, TIn input, CancellationToken ct) => throw new InvalidOperationException($"{instanceId} is started");

        public Task RaiseAsync(string instanceId, string eventName, CancellationToken ct) => throw new InvalidOperationException($"{instanceId} is told of {eventName}");

        public Task PurgeAsync(string instanceId, CancellationToken ct) => throw new InvalidOperationException($"{instanceId} is purged");
    }
}
