using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Serverless.Service.Storage;

namespace Serverless.Service.Models.Adding;

/// <summary>An archive in the storage that goes away with this.</summary>
public sealed class IncomingArchive : IAsyncDisposable
{
    private readonly string _name;
    private readonly BlobClient _blob;

    internal IncomingArchive(string name, BlobClient blob) => (_name, _blob) = (name, blob);

    /// <summary>Its files; disposed by the caller.</summary>
    /// <exception cref="Learning.InputError">It is no zip archive, or holds what has no place in one with a model.</exception>
    public async Task<ArchiveFiles> OpenAsync(CancellationToken ct)
    {
        var options = new BlobOpenReadOptions(allowModifications: false) { BufferSize = Transfers.BlockBytes };
        return await ArchiveFiles.OpenAsync(await _blob.OpenReadAsync(options, ct), _name, ct);
    }

    /// <summary>Removes the archive from the storage.</summary>
    public async ValueTask DisposeAsync() => await _blob.DeleteIfExistsAsync(cancellationToken: CancellationToken.None);
}
