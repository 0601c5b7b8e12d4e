using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Serverless.Functions.Durable;
using Serverless.Service.Pipeline;

namespace Serverless.Functions.Upkeep;

/// <summary>
/// Every five minutes, on one instance: starts what was never started or has failed, removes what has expired, and forgets the histories
/// of what ended long ago.
/// </summary>
public sealed class UpkeepFunction(UnfinishedWork unfinished, ExpiredData expired, DurableConnection hub, DurableHistories histories)
{
    [Function("Upkeep")]
    public async Task RunAsync([TimerTrigger("0 */5 * * * *")] TimerInfo timer, [DurableClient] DurableTaskClient client, CancellationToken ct)
    {
        hub.Use(client);
        // One that fails keeps none of the others from running; the call fails when all have ended.
        await Task.WhenAll(unfinished.StartAsync(ct), expired.RemoveAsync(ct), histories.PurgeAsync(ct));
    }
}
