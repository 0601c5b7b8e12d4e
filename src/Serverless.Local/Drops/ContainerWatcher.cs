using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Serverless.Local.Settings;

namespace Serverless.Local.Drops;

/// <summary>Looks through a container every few seconds, for as long as the head runs.</summary>
internal abstract class ContainerWatcher(string container, LocalSettings settings, TimeProvider clock, ILogger logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(settings.DropSeconds), clock);
        do
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (Exception fault) when (!stoppingToken.IsCancellationRequested)
            {
                // The edge of the watcher: the storage is away, or one drop is faulty; the next look comes by itself.
                logger.LookFailed(fault, container);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>Takes what is there and was not taken.</summary>
    internal abstract Task LookAsync(CancellationToken ct);
}
