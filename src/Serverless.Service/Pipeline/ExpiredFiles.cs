using Serverless.Service.Files;

namespace Serverless.Service.Pipeline;

/// <summary>Removes files whose time is over.</summary>
public sealed class ExpiredFiles(FileCatalog files, FileStore store, TimeProvider clock)
{
    private const int PageSize = 100;

    /// <summary>Removes every file that has expired by now; a head calls this from time to time.</summary>
    /// <returns>How many were removed.</returns>
    public async Task<int> RemoveAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var removed = 0;
        FileId? last = null;
        for (var more = true; more;)
        {
            var page = await files.ListAsync(last, PageSize, file => file.ExpiresAt <= now, ct);
            foreach (var file in page.Items)
                if (await store.DeleteAsync(file.Id, ct))
                    removed++;
            (more, last) = (page.HasMore, page.Items.IsEmpty ? null : page.Items[^1].Id);
        }
        return removed;
    }
}
