using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Serverless.Learning;
using Serverless.Service.Storage;

namespace Serverless.Service.Files;

/// <summary>
/// Contents of files, <c>files/&lt;file-id&gt;/&lt;name&gt;</c>, and the making and unmaking of their records. Contents are streamed, never held in
/// memory, and never changed. A file exists when its record does; the content is complete by then.
/// </summary>
/// <param name="maxBytes">The largest posted file. Drops have no limit but the storage's.</param>
public sealed class FileStore(BlobAccount account, FileCatalog catalog, TimeProvider clock, long maxBytes = FileStore.MaxBytes)
{
    /// <summary>The largest posted file of OpenAI's API: 512 MB.</summary>
    public const long MaxBytes = 512L * 1024 * 1024;

    private const string DatasetPurpose = "fine-tune";
    private const string ResultPurpose = "fine-tune-results";

    /// <summary>Stores a posted file and its record.</summary>
    /// <exception cref="InputError">The content is longer than the largest posted file; nothing is stored.</exception>
    public Task<FileRecord> UploadAsync(string name, string purpose, Stream content, CancellationToken cancellationToken) =>
        UploadAsync(name, content, _ => Task.FromResult((purpose, (TimeSpan?)null)), cancellationToken);

    /// <summary>Stores a posted file whose purpose is known only once its content has been read, as in a form that names it later.</summary>
    /// <param name="described">Called after the last byte for the purpose and how long the file will exist (null: until it is deleted); what it throws undoes the upload.</param>
    /// <exception cref="InputError">The content is longer than the largest posted file; nothing is stored.</exception>
    public async Task<FileRecord> UploadAsync(
        string name, Stream content, Func<CancellationToken, Task<(string Purpose, TimeSpan? Lifetime)>> described, CancellationToken cancellationToken)
    {
        var id = FileId.New(clock);
        using var hashing = new HashingStream(content, maxBytes, () => new InputError(
            $"file: '{name}' is too large; allowed: at most {maxBytes} bytes", "file"));
        await FileTransfer.UploadOnceAsync(ContentOf(id, name), hashing, cancellationToken);
        (string Purpose, TimeSpan? Lifetime) known;
        try
        {
            known = await described(cancellationToken);
        }
        catch
        {
            await ContentOf(id, name).DeleteIfExistsAsync(cancellationToken: CancellationToken.None);
            throw;
        }
        return await catalog.CreateAsync(RecordOf(id, name, known.Purpose, hashing.BytesRead, hashing.Sha256, known.Lifetime), cancellationToken);
    }

    /// <summary>Makes the record of a content that is complete, as an upload in parts leaves it; once for each id.</summary>
    /// <param name="lifetime">How long the file will exist; null: until it is deleted.</param>
    internal Task<FileRecord> AdoptAsync(
        FileId id, string name, string purpose, long bytes, string sha256, TimeSpan? lifetime, CancellationToken cancellationToken) =>
        catalog.CreateAsync(RecordOf(id, name, purpose, bytes, sha256, lifetime), cancellationToken);

    /// <summary>The blob of a content, for writing it block by block.</summary>
    internal BlockBlobClient BlocksOf(FileId id, string name) => account.Files.GetBlockBlobClient(ContentOf(id, name).Name);

    /// <summary>The record of a file, or null.</summary>
    internal Task<FileRecord?> FindAsync(FileId id, CancellationToken cancellationToken) => catalog.FindAsync(id, cancellationToken);

    /// <summary>Stores a file that the service made, once for each <paramref name="source"/> and name: made again it has the same id.</summary>
    /// <param name="source">What made it, such as a job's id.</param>
    /// <param name="created">When that came to be; the file's place in lists follows from it.</param>
    public async Task<FileRecord> StoreResultAsync(
        string source, DateTimeOffset created, string name, Stream content, CancellationToken cancellationToken)
    {
        var id = FileId.OfResult(source, name, created);
        if (await catalog.FindAsync(id, cancellationToken) is { } stored) return stored;
        using var hashing = new HashingStream(content, long.MaxValue, () => new InvalidOperationException());
        await FileTransfer.UploadOnceAsync(ContentOf(id, name), hashing, cancellationToken);
        return await catalog.CreateAsync(RecordOf(id, name, ResultPurpose, hashing.BytesRead, hashing.Sha256), cancellationToken);
    }

    /// <summary>
    /// Takes the version <paramref name="etag"/> of the blob <paramref name="path"/> in <c>datasets</c>. Taking it again, also after an
    /// interruption, returns the same record.
    /// </summary>
    /// <returns>The record; null when that version is gone, or was taken and its file removed since.</returns>
    public async Task<FileRecord?> TakeDropAsync(string path, ETag etag, CancellationToken cancellationToken)
    {
        var drop = account.Datasets.GetBlobClient(path);
        var pinned = new BlobRequestConditions { IfMatch = etag };
        try
        {
            BlobProperties properties = await drop.GetPropertiesAsync(pinned, cancellationToken);
            var id = DropId(path, etag, properties.LastModified);
            if (await catalog.FindAsync(id, cancellationToken) is { } taken) return taken;
            if (await catalog.IsRemovedAsync(id, cancellationToken)) return null;

            var name = path[(path.LastIndexOf('/') + 1)..];
            var options = new BlobOpenReadOptions(allowModifications: false) { Conditions = pinned, BufferSize = Transfers.BlockBytes };
            await using var content = await drop.OpenReadAsync(options, cancellationToken);
            using var hashing = new HashingStream(content, long.MaxValue, () => new InvalidOperationException());
            await FileTransfer.UploadOnceAsync(ContentOf(id, name), hashing, cancellationToken);
            await hashing.CopyToAsync(Stream.Null, cancellationToken);
            var record = RecordOf(id, name, DatasetPurpose, hashing.BytesRead, hashing.Sha256) with { DroppedFrom = path, DroppedETag = TextOf(etag) };
            return await catalog.CreateAsync(record, cancellationToken);
        }
        catch (RequestFailedException fault) when (fault.IsMissing() || fault.IsConditionNotMet())
        {
            return null;
        }
    }

    /// <summary>The version of the blob <paramref name="path"/> in <c>datasets</c> that is there now; null when there is none.</summary>
    public async Task<ETag?> FindDropAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return (await account.Datasets.GetBlobClient(path).GetPropertiesAsync(cancellationToken: cancellationToken)).Value.ETag;
        }
        catch (RequestFailedException fault) when (fault.IsMissing())
        {
            return null;
        }
    }

    /// <summary>The id that the version <paramref name="etag"/> of a drop has or will have.</summary>
    public static FileId DropId(string path, ETag etag, DateTimeOffset modified) => FileId.OfDrop(path, TextOf(etag), modified);

    /// <summary>The content from byte <paramref name="offset"/> on, read as it is needed; null when there is no such file.</summary>
    public async Task<Stream?> OpenAsync(FileId id, long offset, CancellationToken cancellationToken) =>
        await catalog.FindAsync(id, cancellationToken) is { } record ? await OpenAsync(record, offset, cancellationToken) : null;

    /// <summary>The same of a file whose record is at hand; null when it was removed since that was read.</summary>
    public async Task<Stream?> OpenAsync(FileRecord record, long offset, CancellationToken cancellationToken)
    {
        var options = new BlobOpenReadOptions(allowModifications: false) { Position = offset, BufferSize = Transfers.BlockBytes };
        try
        {
            return await ContentOf(record.Id, record.Name).OpenReadAsync(options, cancellationToken);
        }
        catch (RequestFailedException fault) when (fault.Status == 404)
        {
            return null;
        }
    }

    /// <summary>Removes record and content; false when there was no such file. A drop that was taken is not taken again.</summary>
    public async Task<bool> DeleteAsync(FileId id, CancellationToken cancellationToken)
    {
        if (!id.IsWellFormed) return false;
        var existed = await catalog.DeleteAsync(id, cancellationToken);
        var options = new GetBlobsOptions { Prefix = id.Value + "/" };
        await foreach (var blob in account.Files.GetBlobsAsync(options, cancellationToken))
            await account.Files.DeleteBlobIfExistsAsync(blob.Name, cancellationToken: cancellationToken);
        return existed;
    }

    // Listings give ETags without quotes, answers to single calls with them.
    private static string TextOf(ETag etag) => etag.ToString().Trim('"');

    private BlobClient ContentOf(FileId id, string name) => account.Files.GetBlobClient($"{id}/{BlobName.Segment(name)}");

    private FileRecord RecordOf(FileId id, string name, string purpose, long bytes, string sha256, TimeSpan? lifetime = null)
    {
        var now = clock.GetUtcNow();
        return new()
        {
            Id = id,
            Name = name,
            Purpose = purpose,
            Bytes = bytes,
            Sha256 = sha256,
            CreatedAt = now,
            ExpiresAt = now + lifetime,
            // Only data sets go through intake; everything else is usable as it is.
            Status = purpose == DatasetPurpose ? FileStatus.Uploaded : FileStatus.Processed,
        };
    }
}
