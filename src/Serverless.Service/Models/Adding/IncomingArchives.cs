using Azure.Storage.Blobs.Models;
using Serverless.Service.Storage;

namespace Serverless.Service.Models.Adding;

/// <summary>Archives on their way in, <c>models/incoming/…</c>: kept while they are looked through, and no longer.</summary>
public sealed class IncomingArchives(BlobAccount account, TimeProvider clock)
{
    /// <summary>The folder in the container <c>models</c>.</summary>
    public const string Folder = "incoming";

    // Longer than any looking through takes; what is older was left by a process that ended.
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(1);

    /// <summary>Passes <paramref name="content"/> on to the storage as it arrives.</summary>
    /// <param name="name">How messages call the archive.</param>
    public async Task<IncomingArchive> StoreAsync(string name, Stream content, CancellationToken ct)
    {
        await RemoveLeftAsync(ct);
        var blob = account.Models.GetBlobClient($"{Folder}/{Guid.NewGuid():N}.zip");
        await blob.UploadAsync(content, new BlobUploadOptions { TransferOptions = Transfers.Options }, ct);
        return new IncomingArchive(name, blob);
    }

    /// <summary>Removes what processes that ended have left; also done before each archive.</summary>
    public async Task RemoveLeftAsync(CancellationToken ct)
    {
        await foreach (var blob in account.Models.GetBlobsAsync(new GetBlobsOptions { Prefix = Folder + "/" }, ct))
            if (blob.Properties.LastModified < clock.GetUtcNow() - s_longest)
                await account.Models.DeleteBlobIfExistsAsync(blob.Name, cancellationToken: ct);
    }
}
