using System.Globalization;
using System.Text.Json;
using Azure;
using Azure.Storage.Blobs.Models;
using Serverless.Service.Catalog;
using Serverless.Service.Storage;

namespace Serverless.Service.Jobs;

/// <summary>
/// One of a job's two rows of segments, <c>events/</c> or <c>metrics/</c>: JSON Lines, one blob per commit, named by the number of its first
/// line. Which of them count, the head says.
/// </summary>
internal sealed class LogSegments(BlobAccount account, string kind)
{
    private const string Extension = ".jsonl";

    /// <summary>
    /// Writes the segment that begins with number <paramref name="first"/>, over one that an interrupted trainer has left there. A trainer
    /// that lost its lease in the middle of this cannot overwrite its successor's: it would have to name that segment's ETag.
    /// </summary>
    public async Task WriteAsync<T>(TrainerLease lease, long first, IReadOnlyList<T> lines, CancellationToken cancellationToken)
    {
        var blob = account.Jobs.GetBlobClient(NameOf(lease.JobId, first));
        var content = Encode(lines);
        var conditions = new BlobRequestConditions { IfNoneMatch = ETag.All };
        while (true)
        {
            await lease.EnsureHeldAsync(cancellationToken);
            try
            {
                await blob.UploadAsync(content, new BlobUploadOptions { Conditions = conditions }, cancellationToken);
                return;
            }
            catch (RequestFailedException fault) when (fault.IsConditionNotMet() || fault.Status == 412)
            {
                BlobProperties present = await blob.GetPropertiesAsync(cancellationToken: cancellationToken);
                conditions = new BlobRequestConditions { IfMatch = present.ETag };
            }
        }
    }

    /// <summary>The first numbers of all segments, ascending, with their versions.</summary>
    public async Task<List<(long First, ETag ETag)>> ListAsync(JobId id, CancellationToken cancellationToken)
    {
        var prefix = $"{id}/{kind}/";
        var segments = new List<(long, ETag)>();
        await foreach (var blob in account.Jobs.GetBlobsAsync(new GetBlobsOptions { Prefix = prefix }, cancellationToken))
            segments.Add((
                long.Parse(blob.Name.AsSpan(prefix.Length..^Extension.Length), NumberStyles.None, CultureInfo.InvariantCulture),
                blob.Properties.ETag!.Value));
        return segments;
    }

    /// <summary>The lines of the segment that begins with number <paramref name="first"/>; none when it was removed since it was listed.</summary>
    public async Task<List<T>> ReadAsync<T>(JobId id, long first, CancellationToken cancellationToken)
    {
        try
        {
            BlobDownloadResult read = await account.Jobs.GetBlobClient(NameOf(id, first)).DownloadContentAsync(cancellationToken);
            return Decode<T>(read.Content);
        }
        catch (RequestFailedException fault) when (fault.IsMissing())
        {
            return [];
        }
    }

    /// <summary>Removes the segments from number <paramref name="from"/> on: nothing there was committed.</summary>
    public async Task RemoveFromAsync(TrainerLease lease, long from, CancellationToken cancellationToken)
    {
        var segments = await ListAsync(lease.JobId, cancellationToken);
        await lease.EnsureHeldAsync(cancellationToken);
        foreach (var (first, etag) in segments.Where(segment => segment.First >= from))
        {
            try
            {
                var conditions = new BlobRequestConditions { IfMatch = etag };
                await account.Jobs.GetBlobClient(NameOf(lease.JobId, first)).DeleteIfExistsAsync(
                    conditions: conditions, cancellationToken: cancellationToken);
            }
            catch (RequestFailedException fault) when (fault.IsConditionNotMet())
            {
                // Overwritten since it was listed, which only a successor does.
                await lease.EnsureHeldAsync(cancellationToken);
            }
        }
    }

    private string NameOf(JobId id, long first) => string.Create(CultureInfo.InvariantCulture, $"{id}/{kind}/{first:D10}{Extension}");

    private static BinaryData Encode<T>(IReadOnlyList<T> lines)
    {
        using var content = new MemoryStream();
        foreach (var line in lines)
        {
            JsonSerializer.Serialize(content, line, CatalogJson.Options);
            content.WriteByte((byte)'\n');
        }
        return new BinaryData(content.ToArray());
    }

    private static List<T> Decode<T>(BinaryData content)
    {
        var lines = new List<T>();
        var rest = content.ToMemory().Span;
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOf((byte)'\n');
            lines.Add(JsonSerializer.Deserialize<T>(rest[..end], CatalogJson.Options) ?? throw new InvalidDataException("A line is null."));
            rest = rest[(end + 1)..];
        }
        return lines;
    }
}
