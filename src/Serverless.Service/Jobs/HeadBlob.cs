using System.Buffers.Text;
using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Serverless.Service.Catalog;
using Serverless.Service.Storage;

namespace Serverless.Service.Jobs;

/// <summary>The blob <c>jobs/&lt;id&gt;/head.json</c>. Its metadata say who wrote it last, and which of their writes it was.</summary>
internal sealed class HeadBlob(BlobAccount account, JobId id)
{
    private const string OwnerKey = "owner";
    private const string CommitKey = "commit";

    public BlobClient Blob { get; } = account.Jobs.GetBlobClient($"{id}/head.json");

    /// <summary>The head as it is stored now, or null when there is none.</summary>
    public async Task<StoredHead?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            BlobDownloadResult read = await Blob.DownloadContentAsync(cancellationToken);
            var head = JsonSerializer.Deserialize<JobHead>(read.Content, CatalogJson.Options)
                ?? throw new InvalidDataException($"{Blob.Name} is null.");
            var metadata = read.Details.Metadata;
            return new StoredHead(head, read.Details.ETag, OwnerOf(metadata), metadata.TryGetValue(CommitKey, out var commit) ? commit : null);
        }
        catch (RequestFailedException fault) when (fault.IsMissing())
        {
            return null;
        }
    }

    /// <summary>Writes an empty head if there is none.</summary>
    public async Task CreateAsync(CancellationToken cancellationToken)
    {
        try
        {
            await WriteAsync(new JobHead(), null, "", new BlobRequestConditions { IfNoneMatch = ETag.All }, cancellationToken);
        }
        catch (RequestFailedException fault) when (fault.IsConditionNotMet() || fault.IsLeaseRefused())
        {
            // Another trainer was first.
        }
    }

    /// <summary>Writes the head in one call and returns its ETag.</summary>
    public async Task<ETag> WriteAsync(
        JobHead head, ProcessIdentity? owner, string commit, BlobRequestConditions conditions, CancellationToken cancellationToken)
    {
        var metadata = new Dictionary<string, string>();
        if (commit.Length > 0) metadata[CommitKey] = commit;
        if (owner is not null) metadata[OwnerKey] = Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(owner, CatalogJson.Options));
        var options = new BlobUploadOptions
        {
            Conditions = conditions,
            Metadata = metadata,
            HttpHeaders = new BlobHttpHeaders { ContentType = "application/json" },
        };
        var json = JsonSerializer.SerializeToUtf8Bytes(head, CatalogJson.Options);
        BlobContentInfo written = await Blob.UploadAsync(new BinaryData(json), options, cancellationToken);
        return written.ETag;
    }

    private static ProcessIdentity? OwnerOf(IDictionary<string, string> metadata) =>
        metadata.TryGetValue(OwnerKey, out var text)
            ? JsonSerializer.Deserialize<ProcessIdentity>(Base64Url.DecodeFromChars(text), CatalogJson.Options)
            : null;
}
