using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace Serverless.Service.Pipeline;

/// <summary>A small JSON blob that activities keep partial results or shared state in.</summary>
internal sealed class JsonBlob<T>(BlobClient blob)
    where T : class
{
    /// <summary>The content with its version, or null if there is none.</summary>
    public async Task<(T Value, ETag ETag)?> ReadAsync(CancellationToken ct)
    {
        try
        {
            var response = await blob.DownloadContentAsync(ct);
            var value = JsonSerializer.Deserialize<T>(response.Value.Content, PipelineJson.Options)
                ?? throw new InvalidDataException($"{blob.Name} holds null");
            return (value, response.Value.Details.ETag);
        }
        catch (RequestFailedException failure) when (failure.ErrorCode == BlobErrorCode.BlobNotFound)
        {
            return null;
        }
    }

    /// <summary>Replaces the content, whatever is there.</summary>
    public Task WriteAsync(T value, CancellationToken ct) => UploadAsync(value, null, ct);

    /// <summary>Replaces one version of the content; null is none.</summary>
    /// <returns>False if there is another version by now.</returns>
    public async Task<bool> TryReplaceAsync(T value, ETag? version, CancellationToken ct)
    {
        var conditions = version is { } etag ? new BlobRequestConditions { IfMatch = etag } : new BlobRequestConditions { IfNoneMatch = ETag.All };
        try
        {
            await UploadAsync(value, conditions, ct);
            return true;
        }
        catch (RequestFailedException failure) when (failure.Status is 409 or 412)
        {
            return false;
        }
    }

    private async Task UploadAsync(T value, BlobRequestConditions? conditions, CancellationToken ct)
    {
        var options = new BlobUploadOptions
        {
            Conditions = conditions,
            HttpHeaders = new BlobHttpHeaders { ContentType = "application/json" },
        };
        await blob.UploadAsync(BinaryData.FromBytes(JsonSerializer.SerializeToUtf8Bytes(value, PipelineJson.Options)), options, ct);
    }
}
