using Serverless.Learning;
using Serverless.Learning.Formats;
using Serverless.Learning.Models;
using Serverless.Service.Models.Hub;

namespace Serverless.Service.Models.Adding;

/// <summary>The models that adapters from elsewhere answer on: whole ones, brought or published.</summary>
public sealed class AdapterBases(ModelStore store, ModelCatalog catalog)
{
    /// <summary>The code of the error that says that the base is not here.</summary>
    public const string MissingCode = "base_model_not_found";

    private const int MostNamed = 8;
    private const string Field = $"{PeftAdapter.ConfigFile}, base_model_name_or_path";

    /// <summary>
    /// The model that the adapter's <c>base_model_name_or_path</c> means, after checking that the adapter fits it: the one of that name, or that
    /// was fetched from the hub under it, or whose name is the last part of it.
    /// </summary>
    /// <param name="folder">In PEFT's layout; of the weights the header is enough.</param>
    /// <exception cref="InputError">
    /// The adapter asks for what is not supported or does not fit its base; or its base is not here (<see cref="MissingCode"/>), is an adapter
    /// itself, or may be any of several.
    /// </exception>
    public async Task<ModelRecord> FindAsync(string folder, CancellationToken ct)
    {
        var found = await FindNamedAsync(PeftAdapter.BaseOf(folder)?.TrimEnd('/', '\\'), ct);
        PeftAdapter.Check(folder, await ConfigOfAsync(found, ct));
        return found;
    }

    private async Task<ModelRecord> FindNamedAsync(string? named, CancellationToken ct)
    {
        var all = await catalog.ListAsync(filter: null, ct);
        var whole = all.Where(model => model.Kind != ModelKind.Adapter).ToList();
        if (string.IsNullOrEmpty(named))
            throw new InputError($"{Field}: found nothing; allowed: {Allowed(whole)}");
        if (whole.FirstOrDefault(model => model.Id.Value == named) is { } same)
            return same;
        var shown = AddedName.Shown(named);
        var fetched = whole.Where(model => HubSource.Of(model)?.Id == named).OrderBy(model => model.Id.Value, StringComparer.Ordinal).ToList();
        if (fetched.Count > 1)
            throw new InputError($"{Field}: found {shown}, from which {string.Join(" and ", fetched.Select(model => model.Id))} were fetched; allowed: one of these names");
        var last = named.Split('/', '\\')[^1];
        if ((fetched.FirstOrDefault() ?? whole.FirstOrDefault(model => model.Id.Value == last)) is { } found)
            return found;
        if (all.FirstOrDefault(model => model.Id.Value == named || model.Id.Value == last) is { } adapter)
            throw new InputError($"{Field}: found {shown}, which is an adapter of {adapter.BaseModel} itself; allowed: {Allowed(whole)}");
        throw new InputError($"{Field}: found {shown}, which is not here, so add that model first; allowed: {Allowed(whole)}", code: MissingCode);
    }

    private static string Allowed(List<ModelRecord> whole)
    {
        var bases = whole.Where(model => model.Kind == ModelKind.Base).Select(model => model.Id.Value).Order(StringComparer.Ordinal).ToList();
        string[] more = bases.Count > MostNamed ? [$"{bases.Count - MostNamed} other bases"] : [];
        return bases.Count > 0 ? string.Join(", ", [.. bases.Take(MostNamed), .. more, "or a published model"]) : "a published model";
    }

    private async Task<DecoderConfig> ConfigOfAsync(ModelRecord model, CancellationToken ct)
    {
        var part = model.Parts.First(part => part.Path == "config.json");
        var scratch = Directory.CreateTempSubdirectory("serverless-config-").FullName;
        try
        {
            await using (var content = await store.OpenAsync(model, part, ct))
            await using (var copy = File.Create(Path.Combine(scratch, part.Path)))
                await content.CopyToAsync(copy, ct);
            return DecoderConfig.Load(scratch);
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }
}
