using Serverless.Service.Files;

namespace Serverless.Service.Pipeline;

/// <summary>Removes files whose time is over.</summary>
public sealed class ExpiredFiles(FileCatalog files, FileStore store, TimeProvider clock)
{
    /// <summary>Removes every file that has expired by now; a head calls this from time to time.</summary>
    /// <returns>How many were removed.</returns>
    public async Task<int> RemoveAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var removed = 0;
        await foreach (var file in files.AllAsync(file => file.ExpiresAt <= now, ct))
            if (await store.DeleteAsync(file.Id, ct))
                removed++;
        return removed;
    }
}
