using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Serverless.Service.Storage;

namespace Serverless.Service.Models.Adding;

/// <summary>A dropped folder's files, each in the version that was listed.</summary>
internal sealed class DroppedFiles(BlobContainerClient container, ModelDrop drop) : IModelFiles
{
    public string Name => drop.Name;

    public IReadOnlyList<ModelFile> Files { get; } =
        [.. drop.Blobs.Select(blob => new ModelFile(blob.Path[(drop.Name.Length + 1)..], blob.Bytes))];

    /// <exception cref="RequestFailedException">Another version has taken its place, or it is gone.</exception>
    public async Task<Stream> OpenAsync(ModelFile file, CancellationToken ct)
    {
        var blob = drop.Blobs.First(blob => blob.Path == $"{drop.Name}/{file.Path}");
        return await OpenAsync(container, blob, ct);
    }

    /// <summary>A blob's content, in the version that was listed.</summary>
    public static Task<Stream> OpenAsync(BlobContainerClient container, DroppedBlob blob, CancellationToken ct) => container.GetBlobClient(blob.Path).OpenReadAsync(
        new BlobOpenReadOptions(allowModifications: false) { Conditions = new BlobRequestConditions { IfMatch = blob.ETag }, BufferSize = Transfers.BlockBytes }, ct);
}
