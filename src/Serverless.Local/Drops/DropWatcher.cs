using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Serverless.Local.Settings;
using Serverless.Service.Files;
using Serverless.Service.Pipeline.Intake;
using Serverless.Service.Storage;

namespace Serverless.Local.Drops;

/// <summary>
/// Looks through the container <c>datasets</c> every few seconds and hands each version of each blob to intake. A version is known by the
/// id that its path and ETag give, so it is taken once, whatever was taken before a restart.
/// </summary>
internal sealed class DropWatcher(BlobAccount account, FileIntake intake, LocalSettings settings, TimeProvider clock, ILogger<DropWatcher> logger)
    : BackgroundService
{
    private HashSet<FileId> _taken = [];

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
                logger.LookFailed(fault, account.Datasets.Name);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>Takes every version that is there and was not taken.</summary>
    internal async Task LookAsync(CancellationToken ct)
    {
        var present = new HashSet<FileId>();
        await foreach (var blob in account.Datasets.GetBlobsAsync(cancellationToken: ct))
        {
            if (blob.Properties.ETag is not { } etag || blob.Properties.LastModified is not { } modified)
                continue;
            var id = FileStore.DropId(blob.Name, etag, modified);
            if (!_taken.Contains(id) && await intake.TakeDropAsync(blob.Name, etag, ct) is { Status: FileStatus.Uploaded } file)
                logger.Took(blob.Name, account.Datasets.Name, file.Id.Value, file.Bytes);
            present.Add(id);
        }
        // What is gone from the container needs no remembering.
        _taken = present;
    }
}
