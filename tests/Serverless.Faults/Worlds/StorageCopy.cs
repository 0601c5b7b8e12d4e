using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace Serverless.Faults.Worlds;

/// <summary>Everything that lies in a world's containers at a time, to be put back after damage.</summary>
internal sealed class StorageCopy
{
    private readonly Dictionary<(BlobContainerClient Container, string Name), Kept> _blobs = [];
    private readonly IReadOnlyList<BlobContainerClient> _containers;

    private StorageCopy(IReadOnlyList<BlobContainerClient> containers) => _containers = containers;

    public static async Task<StorageCopy> OfAsync(World world, CancellationToken ct)
    {
        var account = world.Account;
        var copy = new StorageCopy([account.Datasets, account.Files, account.Catalog, account.Jobs, account.Models, account.Journal]);
        foreach (var container in copy._containers)
            await foreach (var blob in container.GetBlobsAsync(cancellationToken: ct))
            {
                BlobDownloadResult read = await container.GetBlobClient(blob.Name).DownloadContentAsync(ct);
                copy._blobs[(container, blob.Name)] = new Kept(read.Content, read.Details.Metadata, blob.Properties.ETag!.Value);
            }
        return copy;
    }

    /// <summary>Makes the storage what it was.</summary>
    public async Task PutBackAsync(CancellationToken ct)
    {
        var same = new HashSet<(BlobContainerClient, string)>();
        foreach (var container in _containers)
            await foreach (var blob in container.GetBlobsAsync(cancellationToken: ct))
                if (!_blobs.TryGetValue((container, blob.Name), out var kept))
                    await container.DeleteBlobAsync(blob.Name, cancellationToken: ct);
                else if (kept.Version == blob.Properties.ETag)
                    same.Add((container, blob.Name));
        foreach (var ((container, name), kept) in _blobs.Where(blob => !same.Contains(blob.Key)).ToList())
        {
            await container.GetBlobClient(name).UploadAsync(kept.Content, new BlobUploadOptions { Metadata = kept.Metadata }, ct);
            BlobProperties now = await container.GetBlobClient(name).GetPropertiesAsync(cancellationToken: ct);
            _blobs[(container, name)] = kept with { Version = now.ETag };
        }
    }

    private sealed record Kept(BinaryData Content, IDictionary<string, string> Metadata, ETag Version);
}
