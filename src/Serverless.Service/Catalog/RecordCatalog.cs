using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Serverless.Service.Storage;

namespace Serverless.Service.Catalog;

/// <summary>
/// Records of one kind, one small JSON blob each: <c>catalog/&lt;folder&gt;/&lt;id&gt;.json</c>. They are changed with ETags only, so that
/// no change is lost between two writers. Blob and list copy are written in one call and never differ.
/// </summary>
/// <param name="container">The container <c>catalog</c>.</param>
/// <param name="folder">The kind's folder, without a slash.</param>
public abstract class RecordCatalog<TId, TRecord>(BlobContainerClient container, string folder)
    where TId : struct
    where TRecord : class
{
    /// <summary>Writes <paramref name="record"/> unless one with its id exists; returns the one that is stored.</summary>
    public async Task<TRecord> CreateAsync(TRecord record, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await WriteAsync(record, new BlobRequestConditions { IfNoneMatch = ETag.All }, cancellationToken);
                return record;
            }
            catch (RequestFailedException fault) when (fault.Status is 409 or 412)
            {
                if (await FindAsync(IdOf(record), cancellationToken) is { } stored) return stored;
            }
        }
    }

    /// <summary>The record, or null when there is none.</summary>
    public async Task<TRecord?> FindAsync(TId id, CancellationToken cancellationToken) =>
        (await ReadAsync(BlobOf(id), cancellationToken))?.Record;

    /// <summary>
    /// Applies <paramref name="change"/> to the record as it is now and returns what is stored. The change may be applied more than once
    /// (somebody else was faster, or an answer was lost), so it only depends on its argument; when it returns its argument nothing is written.
    /// </summary>
    /// <exception cref="RecordNotFoundException">There is no such record.</exception>
    public async Task<TRecord> UpdateAsync(TId id, Func<TRecord, TRecord> change, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (now, etag) = await ReadAsync(BlobOf(id), cancellationToken) ?? throw new RecordNotFoundException(TextOf(id));
            var next = change(now);
            if (ReferenceEquals(next, now)) return now;
            try
            {
                await WriteAsync(next, new BlobRequestConditions { IfMatch = etag }, cancellationToken);
                return next;
            }
            catch (RequestFailedException fault) when (fault.Status == 412)
            {
                // Somebody else wrote in between: their version is read and changed instead.
            }
        }
    }

    /// <summary>Removes the record; false when there was none.</summary>
    public virtual async Task<bool> DeleteAsync(TId id, CancellationToken cancellationToken) =>
        await BlobOf(id).DeleteIfExistsAsync(cancellationToken: cancellationToken);

    /// <summary>The id of <paramref name="record"/>.</summary>
    protected abstract TId IdOf(TRecord record);

    /// <summary>The text of <paramref name="id"/>.</summary>
    protected abstract string TextOf(TId id);

    /// <summary>The container that the records lie in.</summary>
    protected BlobContainerClient Container => container;

    /// <summary>What the names of this kind's blobs begin with.</summary>
    protected string Prefix => folder + "/";

    /// <summary>The name of the record's blob.</summary>
    protected string BlobNameOf(TId id) => $"{folder}/{BlobName.Segment(TextOf(id))}.json";

    /// <summary>The whole record behind an entry of a listing with metadata; null when it was removed since.</summary>
    protected async Task<TRecord?> RecordOfAsync(BlobItem item, CancellationToken cancellationToken) =>
        RecordMetadata.Read<TRecord>(item.Metadata)
        ?? (await ReadAsync(container.GetBlobClient(item.Name), cancellationToken))?.Record;

    private BlobClient BlobOf(TId id) => container.GetBlobClient(BlobNameOf(id));

    private static async Task<(TRecord Record, ETag ETag)?> ReadAsync(BlobClient blob, CancellationToken cancellationToken)
    {
        try
        {
            BlobDownloadResult read = await blob.DownloadContentAsync(cancellationToken);
            var record = JsonSerializer.Deserialize<TRecord>(read.Content, CatalogJson.Options)
                ?? throw new InvalidDataException($"The record {blob.Name} is null.");
            return (record, read.Details.ETag);
        }
        catch (RequestFailedException fault) when (fault.ErrorCode == BlobErrorCode.BlobNotFound)
        {
            return null;
        }
    }

    private async Task WriteAsync(TRecord record, BlobRequestConditions conditions, CancellationToken cancellationToken)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(record, CatalogJson.Options);
        var options = new BlobUploadOptions
        {
            Conditions = conditions,
            Metadata = RecordMetadata.Of(json),
            HttpHeaders = new BlobHttpHeaders { ContentType = "application/json" },
        };
        await BlobOf(IdOf(record)).UploadAsync(new BinaryData(json), options, cancellationToken);
    }
}
