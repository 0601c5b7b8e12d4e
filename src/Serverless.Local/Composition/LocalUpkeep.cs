using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Serverless.Local.Journal;
using Serverless.Service.Pipeline;

namespace Serverless.Local.Composition;

/// <summary>
/// Starts what was never started or has failed, and removes what has expired, records of workflows that ended long ago included: when the head starts, and every five
/// minutes from then on.
/// </summary>
internal sealed class LocalUpkeep(
    UnfinishedWork unfinished, ExpiredData expired, JournalWorkflowHost journal, TimeProvider clock, ILogger<LocalUpkeep> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(ExpiredData.Interval, clock);
        do
        {
            try
            {
                // One that fails keeps none of the others from running; the call fails when all have ended.
                await Task.WhenAll(unfinished.StartAsync(stoppingToken), expired.RemoveAsync(stoppingToken), journal.ForgetAsync(stoppingToken));
            }
            catch (Exception fault) when (!stoppingToken.IsCancellationRequested)
            {
                // The edge of the head: the storage is away; the next time comes by itself.
                logger.UpkeepFailed(fault);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
