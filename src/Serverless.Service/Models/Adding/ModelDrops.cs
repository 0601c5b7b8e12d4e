using System.Collections.Immutable;
using Azure;
using Azure.Storage.Blobs.Models;
using Serverless.Learning;
using Serverless.Learning.Formats;
using Serverless.Service.Storage;

namespace Serverless.Service.Models.Adding;

/// <summary>
/// Models that people put into the container <c>models</c> themselves: <c>&lt;name&gt;.zip</c>, or a folder <c>&lt;name&gt;/</c>. A drop is taken once
/// it is complete, and is gone from there then. One that cannot be taken stays, with the reason beside it in <c>&lt;name&gt;.refused.txt</c>; an
/// adapter whose base is not here is tried again when a base was dropped.
/// </summary>
public sealed class ModelDrops(BlobAccount account, AddModel add)
{
    private const string NoteSuffix = ".refused.txt", ArchiveSuffix = ".zip";

    // On a note: the drop is an adapter whose base is not here.
    private const string WaitsForBase = "waits_for_base";

    private static readonly string[] s_stray = ["config.json", PeftAdapter.ConfigFile];

    // The service's own folders in the container.
    private static readonly string[] s_own = ["base", "adapter", "published", IncomingArchives.Folder];

    /// <summary>Everything that lies there now.</summary>
    public async Task<ImmutableArray<ModelDrop>> FindAsync(CancellationToken ct)
    {
        var names = new List<string>();
        await foreach (var item in account.Models.GetBlobsByHierarchyAsync(new GetBlobsByHierarchyOptions { Delimiter = "/" }, ct))
            if (NameOf(item.IsPrefix ? item.Prefix : item.Blob.Name) is { } name)
                names.Add(name);
        var drops = new List<ModelDrop>();
        foreach (var name in names.Distinct(StringComparer.Ordinal))
            if (await FindAsync(name, ct) is { } drop)
                drops.Add(drop);
        return [.. drops];
    }

    /// <summary>
    /// Takes the drop that the blob is part of, if nothing of it came later: told of every blob, this looks at a drop whenever it has become more
    /// complete. Other blobs of the container are none of its business.
    /// </summary>
    public async Task TakeAsync(string path, CancellationToken ct)
    {
        if (NameOf(path) is { } name && await FindAsync(name, ct) is { } drop && drop.IsNewest(path))
            await TakeAsync(drop, ct);
    }

    /// <summary>Adds the drop as a base model or an adapter and removes it, or says beside it why not.</summary>
    /// <returns>The model, or null where the drop is refused or has changed meanwhile.</returns>
    public async Task<AddedModel?> TakeAsync(ModelDrop drop, CancellationToken ct)
    {
        try
        {
            var added = await AddAsync(drop, ct);
            foreach (var blob in drop.Blobs)
                await account.Models.DeleteBlobIfExistsAsync(blob.Path, conditions: new BlobRequestConditions { IfMatch = blob.ETag }, cancellationToken: ct);
            await account.Models.DeleteBlobIfExistsAsync(drop.Name + NoteSuffix, cancellationToken: ct);
            if (added.Record.Kind == ModelKind.Base)
                await TakeWaitingAsync(ct);
            return added;
        }
        catch (InputError fault)
        {
            var options = new BlobUploadOptions { Metadata = fault.Code == AdapterBases.MissingCode ? new Dictionary<string, string> { [WaitsForBase] = "true" } : null };
            await account.Models.GetBlobClient(drop.Name + NoteSuffix).UploadAsync(new BinaryData(fault.Message + "\n"), options, ct);
            return null;
        }
        catch (RequestFailedException fault) when (fault.IsMissing() || fault.IsConditionNotMet())
        {
            // It changed while it was read: whoever changed it makes it be looked at again.
            return null;
        }
    }

    private async Task TakeWaitingAsync(CancellationToken ct)
    {
        var waiting = new List<string>();
        await foreach (var item in account.Models.GetBlobsByHierarchyAsync(new GetBlobsByHierarchyOptions { Delimiter = "/", Traits = BlobTraits.Metadata }, ct))
            if (item is { IsBlob: true, Blob: { Metadata: { } metadata } note } && metadata.ContainsKey(WaitsForBase) && note.Name.EndsWith(NoteSuffix, StringComparison.Ordinal))
                waiting.Add(note.Name[..^NoteSuffix.Length]);
        foreach (var name in waiting)
            if (await FindAsync(name, ct) is { } drop)
                await TakeAsync(drop, ct);
    }

    private async Task<AddedModel> AddAsync(ModelDrop drop, CancellationToken ct)
    {
        if (s_stray.Contains(drop.Name, StringComparer.Ordinal))
            throw new InputError($"{drop.Name} lies in no folder; put the files of a model into a folder that bears its name, or a {ArchiveSuffix} of it here");
        var request = new AddRequest(AddedName.Of(drop.Name), $"{drop.Name}, dropped");
        if (!IsArchive(drop.Name))
            return await add.RunAsync(new DroppedFiles(account.Models, drop), request, progress: null, ct);
        await using var archive = await ArchiveFiles.OpenAsync(await DroppedFiles.OpenAsync(account.Models, drop.Blobs[0], ct), drop.Name, ct);
        return await add.RunAsync(archive, request, progress: null, ct);
    }

    private async Task<ModelDrop?> FindAsync(string name, CancellationToken ct)
    {
        var isFile = IsFile(name);
        var blobs = new List<DroppedBlob>();
        await foreach (var blob in account.Models.GetBlobsAsync(new GetBlobsOptions { Prefix = isFile ? name : name + "/" }, ct))
            if ((!isFile || blob.Name == name) && !blob.Name.EndsWith('/') && blob.Properties is { ETag: { } etag, LastModified: { } modified, ContentLength: { } bytes })
                blobs.Add(new DroppedBlob(blob.Name, bytes, etag, modified));
        return blobs.Count > 0 ? new ModelDrop(name, [.. blobs]) : null;
    }

    /// <summary>The name of the drop that a blob or a folder of the container belongs to, or null.</summary>
    private static string? NameOf(string path)
    {
        var end = path.IndexOf('/', StringComparison.Ordinal);
        if (end < 0) return IsFile(path) ? path : null;
        return end > 0 && !s_own.Contains(path[..end], StringComparer.Ordinal) ? path[..end] : null;
    }

    private static bool IsFile(string name) => IsArchive(name) || s_stray.Contains(name, StringComparer.Ordinal);

    private static bool IsArchive(string name) => name.EndsWith(ArchiveSuffix, StringComparison.OrdinalIgnoreCase);
}
