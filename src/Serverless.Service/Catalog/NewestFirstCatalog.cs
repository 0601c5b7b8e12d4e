using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace Serverless.Service.Catalog;

/// <summary>A catalog whose ids begin with inverted time, so that the order of its blobs is newest first.</summary>
/// <param name="container">The container <c>catalog</c>.</param>
/// <param name="folder">The kind's folder, without a slash.</param>
public abstract class NewestFirstCatalog<TId, TRecord>(BlobContainerClient container, string folder)
    : RecordCatalog<TId, TRecord>(container, folder)
    where TId : struct
    where TRecord : class
{
    // The service's own largest page is 5,000; with a record of up to 7 KB in each entry's metadata, an answer stays below 4 MB.
    private const int LargestPage = 500;

    // Records that are too large for their entry are read so many at a time.
    private const int ReadAtATime = 50;

    /// <summary>A page of whole records, newest first: one call as long as no filter leaves any out.</summary>
    /// <param name="after">The id of the last record of the page before; it need not exist any more.</param>
    /// <param name="limit">The page's size, at least 1.</param>
    /// <param name="filter">Keeps what it is true for; null keeps all.</param>
    public async Task<Page<TRecord>> ListAsync(
        TId? after, int limit, Func<TRecord, bool>? filter, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var items = ImmutableArray.CreateBuilder<TRecord>();
        await foreach (var record in RecordsAsync(after, filter is null ? limit + 2 : LargestPage, Math.Min(limit + 1, ReadAtATime), filter, cancellationToken))
        {
            if (items.Count == limit) return new Page<TRecord>(items.ToImmutable(), HasMore: true);
            items.Add(record);
        }
        return new Page<TRecord>(items.ToImmutable(), HasMore: false);
    }

    /// <summary>All records, newest first, as they are listed answer by answer: what is changed or removed meanwhile may be given as it was.</summary>
    /// <param name="filter">Keeps what it is true for; null keeps all.</param>
    public IAsyncEnumerable<TRecord> AllAsync(Func<TRecord, bool>? filter, CancellationToken cancellationToken) =>
        RecordsAsync(null, LargestPage, ReadAtATime, filter, cancellationToken);

    /// <summary>The ids of all records, by their blobs' names.</summary>
    /// <param name="idOf">The id of a text.</param>
    protected async Task<HashSet<TId>> IdsAsync(Func<string, TId> idOf, CancellationToken cancellationToken)
    {
        var ids = new HashSet<TId>();
        await foreach (var blob in Container.GetBlobsAsync(new GetBlobsOptions { Prefix = Prefix }, cancellationToken))
            ids.Add(idOf(Path.GetFileNameWithoutExtension(blob.Name)));
        return ids;
    }

    /// <param name="firstPage">The entries of the first answer.</param>
    /// <param name="atATime">The entries whose records are looked at together.</param>
    private async IAsyncEnumerable<TRecord> RecordsAsync(
        TId? after, int firstPage, int atATime, Func<TRecord, bool>? filter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var entries in EntriesAsync(after, firstPage, cancellationToken))
            foreach (var group in entries.Chunk(atATime))
                foreach (var record in await Task.WhenAll(group.Select(entry => RecordOfAsync(entry, cancellationToken))))
                    if (record is not null && filter?.Invoke(record) != false)
                        yield return record;
    }

    /// <summary>
    /// Entries behind <paramref name="after"/>, answer by answer. Azure begins where it is told to; Azurite does not know that parameter
    /// and begins at the newest, so what comes before is left out here.
    /// </summary>
    private async IAsyncEnumerable<BlobItem[]> EntriesAsync(
        TId? after, int firstPage, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var last = after is { } id ? BlobNameOf(id) : null;
        var options = new GetBlobsOptions { Prefix = Prefix, Traits = BlobTraits.Metadata, StartFrom = last };
        string? continuation = null;
        var size = Math.Min(firstPage, LargestPage);
        do
        {
            var answers = Container.GetBlobsAsync(options, cancellationToken).AsPages(continuation, size);
            await using var answer = answers.GetAsyncEnumerator(cancellationToken);
            if (!await answer.MoveNextAsync()) yield break;
            yield return [.. answer.Current.Values.Where(item => last is null || string.CompareOrdinal(item.Name, last) > 0)];
            continuation = answer.Current.ContinuationToken;
            size = LargestPage;
        }
        while (!string.IsNullOrEmpty(continuation));
    }
}
