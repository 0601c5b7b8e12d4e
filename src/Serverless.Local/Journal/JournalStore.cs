using System.Runtime.CompilerServices;
using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Serverless.Service.Pipeline;

namespace Serverless.Local.Journal;

/// <summary>
/// The blobs of a journal: one per instance, <c>instances/&lt;id&gt;.json</c>, replaced as a whole and only by whoever holds its latest
/// ETag. Its state stands in the blob's metadata too, so that a listing tells the unfinished ones.
/// </summary>
public sealed class JournalStore(BlobContainerClient container)
{
    private const string Folder = "instances/";
    private const string StateKey = "state";

    /// <summary>Writes the first version of an instance.</summary>
    /// <returns>Its ETag, or null if there is a blob of this instance.</returns>
    public Task<ETag?> CreateAsync(JournalRecord record, CancellationToken ct) =>
        WriteAsync(record, new BlobRequestConditions { IfNoneMatch = ETag.All }, ct);

    /// <summary>Replaces the version with this ETag.</summary>
    /// <returns>The new ETag, or null if there is another version by now.</returns>
    public Task<ETag?> ReplaceAsync(JournalRecord record, ETag etag, CancellationToken ct) =>
        WriteAsync(record, new BlobRequestConditions { IfMatch = etag }, ct);

    /// <summary>Reads the latest version of an instance, or null if there is none.</summary>
    public async Task<(JournalRecord Record, ETag ETag)?> FindAsync(string instanceId, CancellationToken ct)
    {
        try
        {
            var response = await Blob(instanceId).DownloadContentAsync(ct);
            var record = response.Value.Content.ToObjectFromJson<JournalRecord>(PipelineJson.Options)!;
            return (record, response.Value.Details.ETag);
        }
        catch (RequestFailedException failure) when (failure.Status == 404)
        {
            return null;
        }
    }

    /// <summary>Lists the ids of all instances with whether they run and when they were last written.</summary>
    public async IAsyncEnumerable<(string InstanceId, bool Runs, DateTimeOffset WrittenAt)> ListAsync(
        [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var blob in container.GetBlobsAsync(BlobTraits.Metadata, BlobStates.None, Folder, ct))
        {
            var id = Uri.UnescapeDataString(Path.GetFileNameWithoutExtension(blob.Name[Folder.Length..]));
            var runs = blob.Metadata.TryGetValue(StateKey, out var state) && state == nameof(JournalState.Running);
            yield return (id, runs, blob.Properties.LastModified ?? default);
        }
    }

    /// <summary>Deletes the version with this ETag, if it is still the latest.</summary>
    public async Task DeleteAsync(string instanceId, ETag etag, CancellationToken ct)
    {
        try
        {
            await Blob(instanceId).DeleteIfExistsAsync(conditions: new BlobRequestConditions { IfMatch = etag }, cancellationToken: ct);
        }
        catch (RequestFailedException failure) when (failure.Status == 412)
        {
            // It was started again in the meantime.
        }
    }

    private async Task<ETag?> WriteAsync(JournalRecord record, BlobRequestConditions conditions, CancellationToken ct)
    {
        var content = BinaryData.FromBytes(JsonSerializer.SerializeToUtf8Bytes(record, PipelineJson.Options));
        var options = new BlobUploadOptions
        {
            Conditions = conditions,
            Metadata = new Dictionary<string, string> { [StateKey] = record.State.ToString() },
            HttpHeaders = new BlobHttpHeaders { ContentType = "application/json" },
        };
        try
        {
            return (await Blob(record.InstanceId).UploadAsync(content, options, ct)).Value.ETag;
        }
        catch (RequestFailedException failure) when (failure.Status is 409 or 412)
        {
            return null;
        }
    }

    private BlobClient Blob(string instanceId) => container.GetBlobClient($"{Folder}{Uri.EscapeDataString(instanceId)}.json");
}
