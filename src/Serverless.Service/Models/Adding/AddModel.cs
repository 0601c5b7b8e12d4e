using System.Collections.Immutable;
using Serverless.Learning;
using Serverless.Learning.Formats;
using Serverless.Service.Storage;

namespace Serverless.Service.Models.Adding;

/// <summary>
/// The one way in for base models and adapters that somebody brings: checked as a whole, an adapter against its base, before anything is stored,
/// hashed, stored under <c>base/&lt;name&gt;/&lt;content hash&gt;/</c> or <c>adapter/…</c>, and then written into the catalog. Adding the same content again changes nothing.
/// </summary>
public sealed class AddModel(ModelStore store, ModelCatalog catalog, AdapterBases bases, BaseUse use, TimeProvider clock)
{
    /// <param name="progress">Told how far it is, often; null: nobody asks.</param>
    /// <exception cref="InputError">
    /// The files are no supported model, or an adapter whose base is not here or that does not fit it; the name cannot be used, another model has it (<c>model_exists</c>), or that model is in use, or came
    /// into use meanwhile; the catalog is as it was then.
    /// </exception>
    public async Task<AddedModel> RunAsync(IModelFiles source, AddRequest request, Action<AddProgress>? progress, CancellationToken ct)
    {
        var id = AddedName.Parse(request.Name);
        var choice = ModelChoice.Of(source);
        using var skeleton = await ModelSkeleton.MakeAsync(source, choice, ct);
        var baseModel = await CheckAsync(skeleton.Folder, choice.IsAdapter, ct);
        var kind = KindOf(choice.IsAdapter);
        var leftOut = choice.LeftOut.Concat(skeleton.LeftOut).Order(StringComparer.Ordinal).ToList();
        var stored = await catalog.FindAsync(id, ct);
        if (stored is not null && stored.Kind != kind)
            throw OtherKind(id, kind);
        var parts = await HashAsync(source, skeleton.Files, progress, ct);
        if (stored is not null && IsSame(stored))
            return new AddedModel(stored, IsNew: false, leftOut);
        if (stored is not null && !request.Replace)
            throw Exists(stored, baseModel);
        if (stored is not null)
            await use.RefuseIfUsedAsync(id, ct);
        var model = new ModelRecord
        {
            Id = id, Kind = kind, CreatedAt = clock.GetUtcNow(), OwnedBy = ModelRecord.Brought, BaseModel = baseModel, Source = request.Source,
        };
        var files = skeleton.Files.ToDictionary(file => file.Name, file => file.File, StringComparer.Ordinal);
        var done = 0L;
        var record = await store.AddAsync(
            model, parts, async part => await source.OpenAsync(files[part.Path], ct), count => Report("storing", done += count), request.Replace, use.RefuseIfUsedAsync, ct);
        return IsSame(record)
            ? new AddedModel(record, IsNew: true, leftOut)
            : throw Exists(record, baseModel);

        bool IsSame(ModelRecord other) => other.BaseModel == baseModel && other.Parts.SequenceEqual(parts);

        void Report(string step, long bytes) => progress?.Invoke(new AddProgress(step, bytes, parts.Sum(part => part.Bytes)));
    }

    /// <summary>
    /// Whether the model is there already from the very source, told from the record alone, before anything is fetched. From another source
    /// it would be refused in the end, mostly, when all had been fetched in vain: it is so at once.
    /// </summary>
    /// <param name="isAdapter">Whether what would be fetched is an adapter.</param>
    /// <exception cref="InputError">
    /// The name cannot be used, a model of another source has it (<c>model_exists</c>), or the one to replace is in use.
    /// </exception>
    public async Task<bool> IsThereAsync(AddRequest request, bool isAdapter, CancellationToken ct)
    {
        var id = AddedName.Parse(request.Name);
        if (await catalog.FindAsync(id, ct) is not { } stored)
            return false;
        var kind = KindOf(isAdapter);
        if (stored.Kind != kind)
            throw OtherKind(id, kind);
        if (stored.Source == request.Source)
            return true;
        if (!request.Replace)
            throw new InputError(
                $"The model '{id}' exists already{(stored.Source is { } source ? $", from {source}" : "")}; take another name, or replace it", "name", "model_exists");
        await use.RefuseIfUsedAsync(id, ct);
        return false;
    }

    private static ModelKind KindOf(bool isAdapter) => isAdapter ? ModelKind.Adapter : ModelKind.Base;

    /// <returns>The base of an adapter; null for a whole model.</returns>
    private async Task<ModelId?> CheckAsync(string folder, bool isAdapter, CancellationToken ct)
    {
        if (isAdapter)
            return (await bases.FindAsync(folder, ct)).Id;
        ModelCheck.Check(folder);
        return null;
    }

    private static async Task<ImmutableArray<ModelPart>> HashAsync(
        IModelFiles source, IReadOnlyList<(string Name, ModelFile File)> files, Action<AddProgress>? progress, CancellationToken ct)
    {
        var parts = new List<ModelPart>();
        var (done, total) = (0L, files.Sum(file => file.File.Bytes));
        foreach (var (name, file) in files)
        {
            await using var content = await source.OpenAsync(file, ct);
            using var hashing = new HashingStream(content, file.Bytes, () => Changed(source.Name, name), Report);
            await hashing.CopyToAsync(Stream.Null, ct);
            parts.Add(hashing.BytesRead == file.Bytes ? new ModelPart(name, file.Bytes, hashing.Sha256) : throw Changed(source.Name, name));
        }

        return [.. parts];

        void Report(int count) => progress?.Invoke(new AddProgress("hashing", done += count, total));
    }

    private static InputError Changed(string source, string name) => new($"{source}: {name} changed while it was read; add it again when it is complete");

    private static InputError OtherKind(ModelId id, ModelKind kind) =>
        new($"The name '{id}' belongs to a model that is no {(kind == ModelKind.Adapter ? "adapter" : "base")}; take another name", "name", "model_exists");

    private static InputError Exists(ModelRecord other, ModelId? baseModel) => new(
        $"The model '{other.Id}' exists already and has another {(other.BaseModel == baseModel ? "content" : $"base, '{other.BaseModel}'")}; take another name, or replace it",
        "name", "model_exists");
}
