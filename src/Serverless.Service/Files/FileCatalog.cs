using Serverless.Service.Catalog;
using Serverless.Service.Storage;

namespace Serverless.Service.Files;

/// <summary>
/// The records of all files. Removing one leaves a mark behind, so that a dropped version whose file was removed is not taken again.
/// </summary>
public sealed class FileCatalog(BlobAccount account) : NewestFirstCatalog<FileId, FileRecord>(account.Catalog, "files")
{
    /// <inheritdoc/>
    public override async Task<bool> DeleteAsync(FileId id, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, cancellationToken) is not { } record) return false;
        if (record.DroppedFrom is not null)
            await Container.GetBlobClient(MarkOf(id)).UploadAsync(BinaryData.Empty, overwrite: true, cancellationToken);
        return await base.DeleteAsync(id, cancellationToken);
    }

    /// <summary>Whether there was a dropped file of this id that was removed.</summary>
    public async Task<bool> IsRemovedAsync(FileId id, CancellationToken cancellationToken) =>
        await Container.GetBlobClient(MarkOf(id)).ExistsAsync(cancellationToken);

    /// <summary>The ids of all files.</summary>
    internal Task<HashSet<FileId>> IdsAsync(CancellationToken cancellationToken) => IdsAsync(text => new FileId(text), cancellationToken);

    protected override FileId IdOf(FileRecord record) => record.Id;

    protected override string TextOf(FileId id) => id.Value;

    private static string MarkOf(FileId id) => $"removed-files/{BlobName.Segment(id.Value)}";
}
