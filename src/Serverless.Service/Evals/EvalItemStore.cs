using Azure.Storage.Blobs.Models;
using Serverless.Service.Pipeline;
using Serverless.Service.Storage;

namespace Serverless.Service.Evals;

/// <summary>
/// The items of runs, a blob per block, <c>jobs/&lt;run&gt;/items/&lt;first index&gt;.json</c>. A block that is answered again after an interruption
/// replaces itself; what a run's record does not count does not exist.
/// </summary>
public sealed class EvalItemStore(BlobAccount account)
{
    /// <summary>The items of a block: what is answered together.</summary>
    public const int BlockItems = 16;

    public Task WriteAsync(EvalRunId run, int first, IReadOnlyList<EvalItemRecord> items, CancellationToken ct) => Block(run, first).WriteAsync(items, ct);

    /// <summary>The items that are done, in their order, from an index on.</summary>
    public async IAsyncEnumerable<EvalItemRecord> ReadAsync(
        EvalRunRecord run, int from, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        for (var first = from / BlockItems * BlockItems; first < run.Done; first += BlockItems)
            foreach (var item in (await Block(run.Id, first).ReadAsync(ct))?.Value ?? [])
                if (item.Index >= from && item.Index < run.Done)
                    yield return item;
    }

    /// <summary>The runs that have items.</summary>
    internal async Task<HashSet<EvalRunId>> RunsAsync(CancellationToken ct)
    {
        var ids = new HashSet<EvalRunId>();
        // An entry for each run and not for each of its blocks.
        var options = new GetBlobsByHierarchyOptions { Prefix = EvalRunId.Prefix, Delimiter = "/" };
        await foreach (var entry in account.Jobs.GetBlobsByHierarchyAsync(options, ct))
            if (entry.IsPrefix)
                ids.Add(new EvalRunId(entry.Prefix.TrimEnd('/')));
        return ids;
    }

    /// <summary>Removes a block that is not counted.</summary>
    public async Task DeleteBlockAsync(EvalRunId run, int first, CancellationToken ct) =>
        await account.Jobs.DeleteBlobIfExistsAsync(NameOf(run, first), cancellationToken: ct);

    /// <summary>Removes all items of a run.</summary>
    public async Task DeleteAsync(EvalRunId run, CancellationToken ct)
    {
        await foreach (var blob in account.Jobs.GetBlobsAsync(new GetBlobsOptions { Prefix = $"{run}/" }, ct))
            await account.Jobs.DeleteBlobIfExistsAsync(blob.Name, cancellationToken: ct);
    }

    private JsonBlob<IReadOnlyList<EvalItemRecord>> Block(EvalRunId run, int first) => new(account.Jobs.GetBlobClient(NameOf(run, first)));

    private static string NameOf(EvalRunId run, int first) => $"{run}/items/{first:D8}.json";
}
