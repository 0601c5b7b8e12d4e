using Microsoft.DurableTask.Client;

namespace Serverless.Functions.Durable;

/// <summary>The histories that the task hub keeps of instances that have ended. The catalog holds all that anyone asks for later.</summary>
public sealed class DurableHistories(DurableConnection hub, TimeProvider clock)
{
    /// <summary>How long after its start an instance that has ended is kept, for people who look into the hub.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromDays(7);

    private static readonly OrchestrationRuntimeStatus[] Ended =
        [OrchestrationRuntimeStatus.Completed, OrchestrationRuntimeStatus.Failed, OrchestrationRuntimeStatus.Terminated];

    /// <summary>Forgets those that are older.</summary>
    public Task PurgeAsync(CancellationToken ct) =>
        hub.Client.PurgeAllInstancesAsync(new PurgeInstancesFilter(DateTimeOffset.UnixEpoch, clock.GetUtcNow() - Kept, Ended), ct);
}
