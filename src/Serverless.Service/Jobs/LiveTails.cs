using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Serverless.Service.Catalog;
using Serverless.Service.Storage;

namespace Serverless.Service.Jobs;

/// <summary>
/// The blobs <c>live.json</c> of jobs. What was last read of a few of them is kept with its ETag: as long as it has not changed, the storage need not send it again
/// and nobody has to parse it, however many readers a job has.
/// </summary>
internal sealed class LiveTails(BlobAccount account)
{
    private const int MostKept = 8;

    private readonly Lock _turn = new();
    private readonly List<(JobId Job, ETag ETag, LiveTail Tail)> _kept = [];

    public BlobClient Blob(JobId id) => account.Jobs.GetBlobClient($"{id}/live.json");

    /// <summary>The tail as it is stored now; empty if there is none.</summary>
    public async Task<LiveTail> ReadAsync(JobId id, CancellationToken cancellationToken)
    {
        var known = Find(id);
        var options = new BlobDownloadOptions { Conditions = known is { } old ? new BlobRequestConditions { IfNoneMatch = old.ETag } : null };
        try
        {
            var answer = await Blob(id).DownloadContentAsync(options, cancellationToken);
            if (answer.GetRawResponse().Status == 304) return known!.Value.Tail;
            var tail = JsonSerializer.Deserialize<LiveTail>(answer.Value.Content, CatalogJson.Options) ?? new LiveTail();
            Keep(id, answer.Value.Details.ETag, tail);
            return tail;
        }
        catch (RequestFailedException fault) when (fault.IsMissing())
        {
            // Nothing has happened since the last commit.
            Forget(id);
            return new LiveTail();
        }
    }

    private (ETag ETag, LiveTail Tail)? Find(JobId id)
    {
        lock (_turn)
            return _kept.FindIndex(one => one.Job == id) is >= 0 and var at ? (_kept[at].ETag, _kept[at].Tail) : null;
    }

    private void Forget(JobId id)
    {
        lock (_turn)
            _kept.RemoveAll(one => one.Job == id);
    }

    /// <summary>The newest are kept.</summary>
    private void Keep(JobId id, ETag etag, LiveTail tail)
    {
        lock (_turn)
        {
            _kept.RemoveAll(one => one.Job == id);
            if (_kept.Count == MostKept) _kept.RemoveAt(0);
            _kept.Add((id, etag, tail));
        }
    }
}
