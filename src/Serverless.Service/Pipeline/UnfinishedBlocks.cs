using System.Collections.Immutable;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Serverless.Service.Files;
using Serverless.Service.Models;
using Serverless.Service.Models.Adding;
using Serverless.Service.Storage;

namespace Serverless.Service.Pipeline;

/// <summary>
/// Blocks of contents that were never put together, because the process died before: of files, of parts of models, of checkpoints. They have no date and are in no
/// list but one of their own: they go when they have been known for a time, which <c>jobs/unfinished.json</c> remembers for whoever looks next. Azure drops them by
/// itself after a week without another block; the emulator keeps them.
/// </summary>
internal sealed class UnfinishedBlocks(BlobAccount account, TimeProvider clock)
{
    private readonly JsonBlob<KnownBlocks> _known = new(account.Jobs.GetBlobClient("unfinished.json"));

    /// <summary>Removes those that have been known for <paramref name="age"/>.</summary>
    /// <param name="namedFiles">The files whose content may still be put together: of uploads in parts, say.</param>
    public async Task RemoveAsync(TimeSpan age, Func<CancellationToken, Task<IReadOnlySet<FileId>>> namedFiles, CancellationToken ct)
    {
        var stored = await _known.ReadAsync(ct);
        var before = stored?.Value.Since ?? ImmutableSortedDictionary<string, DateTimeOffset>.Empty;
        var now = clock.GetUtcNow();
        var since = ImmutableSortedDictionary.CreateBuilder<string, DateTimeOffset>(StringComparer.Ordinal);
        foreach (var container in new[] { account.Files, account.Models, account.Jobs })
            foreach (var name in await ListAsync(container, ct))
                since[name] = before.GetValueOrDefault(name, now);
        var left = since.Where(content => content.Value <= now - age).Select(content => content.Key).ToList();
        if (left.Count > 0)
        {
            var named = await namedFiles(ct);
            foreach (var name in left)
            {
                var (container, blob) = Parsed(name);
                if (container != account.Files || !named.Contains(UnnamedContents.FileOf(blob)))
                    await RemoveAsync(container.GetBlockBlobClient(blob), ct);
            }
        }
        // Where another instance was faster it has seen the same.
        if (!before.SequenceEqual(since))
            await _known.TryReplaceAsync(new KnownBlocks { Since = since.ToImmutable() }, stored?.ETag, ct);
    }

    /// <summary>Contents of a container of which there are blocks only, as <c>container/name</c>.</summary>
    private async Task<List<string>> ListAsync(BlobContainerClient container, CancellationToken ct)
    {
        var unfinished = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var blob in container.GetBlobsAsync(new GetBlobsOptions { States = BlobStates.Uncommitted }, ct))
            if (IsOurs(container, blob.Name))
                unfinished.Add(blob.Name);
        // The list has the others too; of one that is put together meanwhile nothing is removed.
        if (unfinished.Count > 0)
            await foreach (var blob in container.GetBlobsAsync(cancellationToken: ct))
                unfinished.Remove(blob.Name);
        return [.. unfinished.Select(name => $"{container.Name}/{name}")];
    }

    /// <summary>What people drop into the container of models is theirs until it has come.</summary>
    private bool IsOurs(BlobContainerClient container, string name) =>
        container != account.Models || ModelStore.FolderOf(name) is not null || name.StartsWith(IncomingArchives.Folder + "/", StringComparison.Ordinal);

    private (BlobContainerClient Container, string Blob) Parsed(string name)
    {
        var end = name.IndexOf('/', StringComparison.Ordinal);
        return (new[] { account.Files, account.Models, account.Jobs }.Single(container => container.Name == name[..end]), name[(end + 1)..]);
    }

    /// <summary>Blocks that no commit names go with the commit of an empty list; unless somebody has put them together meanwhile.</summary>
    private static async Task RemoveAsync(BlockBlobClient blob, CancellationToken ct)
    {
        try
        {
            var once = new CommitBlockListOptions { Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All } };
            BlobContentInfo emptied = await blob.CommitBlockListAsync([], once, ct);
            await blob.DeleteIfExistsAsync(conditions: new BlobRequestConditions { IfMatch = emptied.ETag }, cancellationToken: ct);
        }
        catch (RequestFailedException fault) when (fault.IsConditionNotMet())
        {
            // It is whole now, or was written again since it was emptied.
        }
    }

    /// <summary>Since when contents are known of which there are blocks only.</summary>
    internal sealed record KnownBlocks
    {
        public ImmutableSortedDictionary<string, DateTimeOffset> Since { get; init; } = ImmutableSortedDictionary<string, DateTimeOffset>.Empty;
    }
}
