using System.Collections.Immutable;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Serverless.Service.Jobs;
using Serverless.Service.Storage;

namespace Serverless.Service.Models;

/// <summary>
/// Folders of models, <c>models/base/&lt;name&gt;/&lt;content hash&gt;/</c>, <c>models/adapter/…</c> and <c>models/published/…</c>, and copies of them on
/// this machine. A folder never changes: other content under the same name lies in another folder, and the record is switched over.
/// </summary>
public sealed class ModelStore(BlobAccount account, ModelCatalog catalog, TimeProvider clock) : IDisposable
{
    private const string Published = "published";

    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>
    /// A local folder with the model's files, checked against their hashes; made once per content below <paramref name="cacheFolder"/> and
    /// not to be written to.
    /// </summary>
    /// <exception cref="InvalidDataException">The storage holds something else than the record says.</exception>
    public async Task<string> DownloadAsync(ModelRecord model, string cacheFolder, CancellationToken cancellationToken)
    {
        var folder = Path.Combine(cacheFolder, LocalFolder.ContentHash(model.Parts));
        if (LocalFolder.Holds(folder, model.Parts)) return folder;
        await _turn.WaitAsync(cancellationToken);
        var partial = $"{folder}.{Guid.NewGuid().ToString("N")[..8]}";
        try
        {
            if (LocalFolder.Holds(folder, model.Parts)) return folder;
            foreach (var part in model.Parts) await DownloadAsync(model, part, partial, cancellationToken);
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
            Directory.Move(partial, folder);
            return folder;
        }
        catch (IOException) when (LocalFolder.Holds(folder, model.Parts))
        {
            // Another process on this machine has finished the same download first.
            return folder;
        }
        finally
        {
            if (Directory.Exists(partial)) Directory.Delete(partial, recursive: true);
            _turn.Release();
        }
    }

    /// <summary>
    /// Uploads <paramref name="localFolder"/> and then writes <paramref name="model"/>, completed, into the catalog. Repeating it after an
    /// interruption goes on where that one was, and ends with the same record.
    /// </summary>
    public async Task<ModelRecord> PublishAsync(string localFolder, ModelRecord model, CancellationToken cancellationToken) =>
        (await PublishUntilAsync(localFolder, model, DateTimeOffset.MaxValue, cancellationToken))!;

    /// <summary>
    /// The same until a time: uploads at least one file, and leaves after the one during which <paramref name="deadline"/> passes.
    /// </summary>
    /// <returns>The record; or null if there are files left, for a repetition to go on with.</returns>
    public Task<ModelRecord?> PublishUntilAsync(string localFolder, ModelRecord model, DateTimeOffset deadline, CancellationToken cancellationToken) =>
        PublishUntilAsync(localFolder, model, beforeReplacing: null, deadline, cancellationToken);

    private async Task<ModelRecord?> PublishUntilAsync(
        string localFolder, ModelRecord model, Func<ModelId, CancellationToken, Task>? beforeReplacing, DateTimeOffset deadline, CancellationToken cancellationToken)
    {
        var parts = await LocalFolder.PartsAsync(localFolder, cancellationToken);
        if (parts.IsEmpty) throw new ArgumentException($"The folder {localFolder} is empty.", nameof(localFolder));
        var complete = Complete(model, parts);
        Task<Stream> Open(ModelPart part) => Task.FromResult<Stream>(File.OpenRead(LocalFolder.PathOf(localFolder, part)));
        return await UploadMissingAsync(complete, Open, onRead: null, deadline, cancellationToken)
            ? await RecordAsync(complete, Open, replace: true, beforeReplacing, cancellationToken)
            : null;
    }

    /// <summary>
    /// Uploads <paramref name="parts"/>, whose hashes are known, and then writes <paramref name="model"/>, completed, into the catalog.
    /// Repeating it after an interruption goes on where that one was.
    /// </summary>
    /// <param name="open">The content of a part, which this disposes.</param>
    /// <param name="onRead">Told how many bytes each reading gave.</param>
    /// <param name="replace">Whether the record of other content under this name is switched over.</param>
    /// <param name="beforeReplacing">
    /// Asked right before it is, when all is uploaded; what this throws leaves the catalog as it was, and what was uploaded for a repetition.
    /// </param>
    /// <returns>The record that is in the catalog then: without <paramref name="replace"/> perhaps that of other content.</returns>
    /// <exception cref="Learning.InputError">A part is not any more what its hash says.</exception>
    internal async Task<ModelRecord> AddAsync(
        ModelRecord model, ImmutableArray<ModelPart> parts, Func<ModelPart, Task<Stream>> open, Action<int>? onRead, bool replace,
        Func<ModelId, CancellationToken, Task> beforeReplacing, CancellationToken cancellationToken)
    {
        var complete = Complete(model, parts);
        await UploadMissingAsync(complete, open, onRead, DateTimeOffset.MaxValue, cancellationToken);
        return await RecordAsync(complete, open, replace, beforeReplacing, cancellationToken);
    }

    /// <summary>
    /// Publishes <paramref name="localFolder"/> as the base <paramref name="name"/>, unless that very content is there under that name.
    /// </summary>
    public Task<ModelRecord> SeedBaseAsync(string name, string localFolder, CancellationToken cancellationToken) =>
        SeedAsync(new ModelId(name), ModelKind.Base, null, localFolder, null, cancellationToken);

    /// <summary>The same; and other content under that name is switched over only where nobody needs it.</summary>
    /// <param name="beforeReplacing">Asked before anything is uploaded and again right before it is; what this throws leaves the catalog as it was.</param>
    public Task<ModelRecord> SeedBaseAsync(string name, string localFolder, Func<ModelId, CancellationToken, Task> beforeReplacing, CancellationToken cancellationToken) =>
        SeedAsync(new ModelId(name), ModelKind.Base, null, localFolder, beforeReplacing, cancellationToken);

    /// <summary>
    /// Publishes <paramref name="localFolder"/>, in PEFT's layout, as the adapter <paramref name="name"/> of a base, unless that very content
    /// is there under that name.
    /// </summary>
    public Task<ModelRecord> SeedAdapterAsync(string name, string localFolder, ModelId baseModel, CancellationToken cancellationToken) =>
        SeedAsync(new ModelId(name), ModelKind.Adapter, baseModel, localFolder, null, cancellationToken);

    /// <summary>The same; and other content under that name is switched over only where nobody needs it.</summary>
    /// <param name="beforeReplacing">Asked before anything is uploaded and again right before it is; what this throws leaves the catalog as it was.</param>
    public Task<ModelRecord> SeedAdapterAsync(
        string name, string localFolder, ModelId baseModel, Func<ModelId, CancellationToken, Task> beforeReplacing, CancellationToken cancellationToken) =>
        SeedAsync(new ModelId(name), ModelKind.Adapter, baseModel, localFolder, beforeReplacing, cancellationToken);

    /// <summary>The model whose folder holds the weights that answer: the base of an adapter, and any other model itself.</summary>
    /// <exception cref="Learning.InputError">The adapter's base was deleted.</exception>
    public async Task<ModelRecord> WeightsOfAsync(ModelRecord model, CancellationToken cancellationToken)
    {
        if (model.Kind != ModelKind.Adapter) return model;
        return await catalog.FindAsync(model.BaseModel!.Value, cancellationToken)
            ?? throw new Learning.InputError($"The model '{model.Id}' is an adapter of '{model.BaseModel}', which does not exist", "model", "model_not_found");
    }

    /// <summary>One file of the model's folder, read as it is needed.</summary>
    public async Task<Stream> OpenAsync(ModelRecord model, ModelPart part, CancellationToken cancellationToken)
    {
        var options = new BlobOpenReadOptions(allowModifications: false) { BufferSize = Transfers.BlockBytes };
        return await account.Models.GetBlobClient($"{model.Folder}/{part.Path}").OpenReadAsync(options, cancellationToken);
    }

    /// <summary>Removes record and folder; false when there was no such model.</summary>
    public async Task<bool> DeleteAsync(ModelId id, CancellationToken cancellationToken)
    {
        if (await catalog.FindAsync(id, cancellationToken) is not { } model) return false;
        var existed = await catalog.DeleteAsync(id, cancellationToken);
        await DeleteFilesAsync(id, model.Kind, cancellationToken);
        return existed;
    }

    /// <summary>
    /// Removes what a job's interrupted publishing has left under a name: files that the model's record does not name and, unless the model is to
    /// stay, that record and its files. What the record of another job names stays.
    /// </summary>
    /// <param name="job">The job that publishes under this name, and does not do so at this moment.</param>
    /// <param name="stays">Whether the job says that it led to this model.</param>
    public async Task RemoveLeftoversAsync(ModelId id, JobId job, bool stays, CancellationToken cancellationToken)
    {
        var model = await catalog.FindAsync(id, cancellationToken);
        if (model is not null && model.JobId != job) return;
        if (model is not null && !stays) await catalog.DeleteAsync(id, cancellationToken);
        await DeleteFilesAsync(id, ModelKind.Published, cancellationToken);
    }

    public void Dispose() => _turn.Dispose();

    private static ModelRecord Complete(ModelRecord model, ImmutableArray<ModelPart> parts) => model with
    {
        Folder = Prefix(model.Kind, model.Id) + LocalFolder.ContentHash(parts),
        Bytes = parts.Sum(part => part.Bytes),
        Parts = parts,
    };

    /// <summary>Uploads the parts that are not there yet, at least one of them.</summary>
    /// <returns>False if the deadline has passed and there are others left.</returns>
    private async Task<bool> UploadMissingAsync(
        ModelRecord complete, Func<ModelPart, Task<Stream>> open, Action<int>? onRead, DateTimeOffset deadline, CancellationToken cancellationToken)
    {
        var present = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var blob in account.Models.GetBlobsAsync(new GetBlobsOptions { Prefix = complete.Folder + "/" }, cancellationToken))
            present.Add(blob.Name);
        // A blob appears when all of it has come, and the folder's name stands for its content: what is there is right.
        var missing = new Queue<ModelPart>(complete.Parts.Where(part => !present.Contains($"{complete.Folder}/{part.Path}")));
        while (missing.TryDequeue(out var part))
        {
            await using var content = await open(part);
            await UploadAsync(account.Models.GetBlobClient($"{complete.Folder}/{part.Path}"), content, part, onRead, cancellationToken);
            if (missing.Count > 0 && clock.GetUtcNow() >= deadline) return false;
        }
        return true;
    }

    private async Task<ModelRecord> RecordAsync(
        ModelRecord complete, Func<ModelPart, Task<Stream>> open, bool replace, Func<ModelId, CancellationToken, Task>? beforeReplacing, CancellationToken cancellationToken)
    {
        var stored = await catalog.CreateAsync(complete, cancellationToken);
        // The same adapter may have come for another base.
        if ((stored.Folder != complete.Folder || stored.BaseModel != complete.BaseModel) && replace)
        {
            if (beforeReplacing is not null) await beforeReplacing(complete.Id, cancellationToken);
            stored = await catalog.UpdateAsync(complete.Id, _ => complete, cancellationToken);
        }
        if (stored.Folder == complete.Folder && stored.CreatedAt == complete.CreatedAt) await KeepAsync(complete, open, cancellationToken);
        return stored;
    }

    /// <summary>
    /// Makes sure of what a record names that has just been written. Whoever removes files of a model, or files that no record names, asks for the record last and then
    /// removes what is as it was when he listed it: if he asked before the record was there, a part is not as it was any more, or is gone and uploaded again.
    /// </summary>
    private async Task KeepAsync(ModelRecord model, Func<ModelPart, Task<Stream>> open, CancellationToken cancellationToken)
    {
        foreach (var part in model.Parts)
        {
            var blob = account.Models.GetBlobClient($"{model.Folder}/{part.Path}");
            if (await FileTransfer.TouchAsync(blob, cancellationToken)) continue;
            await using var content = await open(part);
            await UploadAsync(blob, content, part, onRead: null, cancellationToken);
        }
    }

    /// <summary>The folder of a model that a blob lies in; null for one that is no model's, such as an archive on its way in.</summary>
    internal static string? FolderOf(string blobName) => blobName.Split('/') is [var kind and ("base" or "adapter" or Published), var name, var hash, _, ..] ? $"{kind}/{name}/{hash}" : null;

    /// <summary>Whether a folder is that of a model that a job made.</summary>
    internal static bool IsPublished(string folder) => folder.StartsWith(Published + "/", StringComparison.Ordinal);

    private static string Prefix(ModelKind kind, ModelId id) =>
        $"{kind switch { ModelKind.Base => "base", ModelKind.Adapter => "adapter", _ => Published }}/{BlobName.Segment(id.Value)}/";

    /// <summary>Removes all files of a model but those that its record, if there is one by then, names.</summary>
    private async Task DeleteFilesAsync(ModelId id, ModelKind kind, CancellationToken cancellationToken)
    {
        var blobs = new List<BlobItem>();
        await foreach (var blob in account.Models.GetBlobsAsync(new GetBlobsOptions { Prefix = Prefix(kind, id) }, cancellationToken)) blobs.Add(blob);
        if (blobs.Count == 0) return;
        var named = (await catalog.FindAsync(id, cancellationToken))?.Folder;
        foreach (var blob in blobs.Where(blob => named is null || !blob.Name.StartsWith(named + "/", StringComparison.Ordinal)))
            await FileTransfer.RemoveListedAsync(account.Models, blob, cancellationToken);
    }

    private async Task<ModelRecord> SeedAsync(
        ModelId id, ModelKind kind, ModelId? baseModel, string localFolder, Func<ModelId, CancellationToken, Task>? beforeReplacing, CancellationToken cancellationToken)
    {
        var parts = await LocalFolder.PartsAsync(localFolder, cancellationToken);
        var stored = await catalog.FindAsync(id, cancellationToken);
        if (stored is not null && stored.Kind == kind && stored.BaseModel == baseModel && stored.Parts.SequenceEqual(parts))
            return stored;
        if (stored is not null && beforeReplacing is not null)
            await beforeReplacing(id, cancellationToken);
        var model = new ModelRecord { Id = id, Kind = kind, CreatedAt = clock.GetUtcNow(), OwnedBy = "system", BaseModel = baseModel };
        return (await PublishUntilAsync(localFolder, model, beforeReplacing, DateTimeOffset.MaxValue, cancellationToken))!;
    }

    private static async Task UploadAsync(BlobClient blob, Stream content, ModelPart part, Action<int>? onRead, CancellationToken cancellationToken)
    {
        using var hashing = new HashingStream(content, part.Bytes, Changed, onRead);
        await FileTransfer.UploadOnceAsync(blob, hashing, cancellationToken);
        // Where somebody else was first, not all of it was read.
        await hashing.CopyToAsync(Stream.Null, cancellationToken);
        if (hashing.BytesRead == part.Bytes && hashing.Sha256 == part.Sha256) return;
        await blob.DeleteIfExistsAsync(cancellationToken: CancellationToken.None);
        throw Changed();

        Learning.InputError Changed() => new($"{part.Path} changed while it was read; add the model again when it is complete");
    }

    private async Task DownloadAsync(ModelRecord model, ModelPart part, string folder, CancellationToken cancellationToken)
    {
        var path = LocalFolder.PathOf(folder, part);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var blob = account.Models.GetBlobClient($"{model.Folder}/{part.Path}");
        if (await FileTransfer.DownloadAsync(blob, path, part.Bytes, part.Sha256, cancellationToken) is { } finding)
            throw new InvalidDataException($"The model {model.Id}, part {part.Path}: {finding}.");
    }
}
