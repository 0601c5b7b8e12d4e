using Azure.Storage.Blobs.Models;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Models.Adding;
using Serverless.Service.Storage;
using Serverless.Service.Uploads;

namespace Serverless.Service.Pipeline;

/// <summary>
/// Removes contents of files and folders of models that no record names: the process died between a content and its record, or while both were being deleted.
/// Nothing is removed that was written within the last day, so that nothing on its way is touched; so it is with blocks that were never put together (<see cref="UnfinishedBlocks"/>).
/// </summary>
public sealed class UnnamedContents(
    BlobAccount account, FileCatalog files, UploadCatalog uploads, ModelCatalog models, JobCatalog jobs, IncomingArchives incoming, TimeProvider clock)
{
    /// <summary>How old what nothing names has to be.</summary>
    public static readonly TimeSpan Age = TimeSpan.FromDays(1);

    /// <summary>How often one instance looks: the names of all contents are read.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    private readonly UnfinishedBlocks _blocks = new(account, clock);
    private DateTimeOffset _next = DateTimeOffset.MinValue;

    /// <summary>Removes all of it, unless this instance has looked within the last hour; a head calls this from time to time.</summary>
    public async Task RemoveAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        if (now < _next)
            return;
        await incoming.RemoveLeftAsync(ct);
        await RemoveFilesAsync(now - Age, ct);
        await RemoveModelsAsync(now - Age, ct);
        await _blocks.RemoveAsync(Age, NamedFilesAsync, ct);
        _next = now + Interval;
    }

    private async Task RemoveFilesAsync(DateTimeOffset before, CancellationToken ct)
    {
        // Contents first: the record of one that is listed here and was whole in time is listed then.
        var old = new List<BlobItem>();
        await foreach (var blob in account.Files.GetBlobsAsync(cancellationToken: ct))
            if (blob.Properties.LastModified < before)
                old.Add(blob);
        if (old.Count == 0)
            return;
        var named = await NamedFilesAsync(ct);
        foreach (var blob in old.Where(blob => !named.Contains(FileOf(blob.Name))))
            if (await files.FindAsync(FileOf(blob.Name), ct) is null)
                await FileTransfer.RemoveListedAsync(account.Files, blob, ct);
    }

    /// <summary>Files that are there, and those of uploads: one that ended between its content and its file is gone on with, or forgotten, as an upload.</summary>
    private async Task<IReadOnlySet<FileId>> NamedFilesAsync(CancellationToken ct)
    {
        var named = await files.IdsAsync(ct);
        await foreach (var upload in uploads.AllAsync(null, ct))
            named.Add(upload.FileId);
        return named;
    }

    internal static FileId FileOf(string name) => new(name[..name.IndexOf('/', StringComparison.Ordinal)]);

    private async Task RemoveModelsAsync(DateTimeOffset before, CancellationToken ct)
    {
        var folders = new Dictionary<string, List<BlobItem>>(StringComparer.Ordinal);
        await foreach (var blob in account.Models.GetBlobsAsync(cancellationToken: ct))
            if (ModelStore.FolderOf(blob.Name) is { } folder)
                (folders.TryGetValue(folder, out var found) ? found : folders[folder] = []).Add(blob);
        // A folder to which something came lately is still being written.
        var old = folders.Where(folder => folder.Value.All(blob => blob.Properties.LastModified < before)).ToList();
        if (old.Count == 0)
            return;
        // What a job publishes is removed with the job's other leftovers when it ends, and may wait for longer than a day until then.
        var jobsGoOn = !(await jobs.ListAsync(null, 1, job => !job.Status.IsFinal(), ct)).Items.IsEmpty;
        var named = (await models.ListAsync(null, ct)).Select(model => model.Folder).ToHashSet(StringComparer.Ordinal);
        foreach (var (folder, blobs) in old.Where(folder => !named.Contains(folder.Key) && !(jobsGoOn && ModelStore.IsPublished(folder.Key))))
        {
            // Somebody may have added the same again meanwhile, and found its files there. Whoever does so from now on touches them.
            if ((await models.ListAsync(model => model.Folder == folder, ct)).IsEmpty)
                foreach (var blob in blobs)
                    await FileTransfer.RemoveListedAsync(account.Models, blob, ct);
        }
    }
}
