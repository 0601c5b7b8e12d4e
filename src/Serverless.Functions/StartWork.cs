using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Serverless.Functions.Settings;
using Serverless.Learning.Native;
using Serverless.Service.Models;
using Serverless.Service.Storage;

namespace Serverless.Functions;

/// <summary>
/// What an instance sees to when it starts, beside answering: containers and base models. All but the first instance of a deployment find
/// them in place.
/// </summary>
internal sealed partial class StartWork(
    BlobAccount account, BaseModels models, CloudSettings settings, TimeProvider clock, ILogger<StartWork> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (settings.Threads > 0)
            NativeRuntime.SetThreads(settings.Threads);
        while (!await TryAsync(stoppingToken))
            await Task.Delay(Pause, clock, stoppingToken);
    }

    private async Task<bool> TryAsync(CancellationToken ct)
    {
        try
        {
            await account.CreateContainersAsync(ct);
            await models.SeedAsync(settings.Models, ct);
            return true;
        }
        catch (Exception fault) when (!ct.IsCancellationRequested)
        {
            // The edge of the head: the storage is away.
            LogFailed(fault, Pause);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Containers and base models could not be seen to; the next try is in {Pause}")]
    private partial void LogFailed(Exception fault, TimeSpan pause);
}
