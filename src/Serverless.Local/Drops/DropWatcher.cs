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
    : ContainerWatcher(account.Datasets.Name, settings, clock, logger)
{
    private HashSet<FileId> _taken = [];

    /// <summary>Takes every version that is there and was not taken.</summary>
    internal override async Task LookAsync(CancellationToken ct)
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
