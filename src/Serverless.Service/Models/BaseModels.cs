using Microsoft.Extensions.Logging;
using Serverless.Learning;
using Serverless.Learning.Formats;
using Serverless.Learning.Models;
using Serverless.Service.Models.Adding;
using Serverless.Service.Models.Hub;

namespace Serverless.Service.Models;

/// <summary>
/// Brings the folders of models on this machine into the storage, so that jobs can start from them, and the folders of adapters, so that
/// they answer on their bases.
/// </summary>
public sealed partial class BaseModels(ModelStore store, ModelCatalog catalog, BaseUse use, ILogger<BaseModels> logger)
{
    /// <summary>
    /// Seeds the sample model and every Hugging Face folder in <paramref name="models"/>, and then every folder in PEFT's layout there, each
    /// under its own name. What is there with the same content costs a comparison; what is there with another one is replaced, unless unfinished
    /// jobs train on it: then it stays, with a warning. An adapter that cannot be used is left out with a warning.
    /// </summary>
    /// <param name="models">The folder of folders; it need not exist.</param>
    public async Task SeedAsync(string models, CancellationToken ct)
    {
        foreach (var (name, folder) in FoldersIn(models))
        {
            try
            {
                var record = await store.SeedBaseAsync(name, folder, use.RefuseIfUsedAsync, ct);
                LogSeeded(record.Id.Value, folder, record.Bytes);
            }
            catch (InputError fault) when (fault.Code == BaseUse.Code)
            {
                LogInUse(folder, fault.Message);
            }
        }
        foreach (var folder in SubFolders(models, "adapter_config.json"))
        {
            try
            {
                await SeedAdapterAsync(folder, ct);
            }
            catch (InputError fault) when (fault.Code == BaseUse.Code)
            {
                LogInUse(folder, fault.Message);
            }
            catch (InputError fault)
            {
                LogNotAnAdapter(folder, fault.Message);
            }
        }
    }

    /// <summary>An adapter's base is the base model that has its base's name or came from the hub under it, or that has the last part of it.</summary>
    private async Task SeedAdapterAsync(string folder, CancellationToken ct)
    {
        var named = PeftAdapter.BaseOf(folder) ?? "nothing";
        var bases = await catalog.ListAsync(model => model.Kind == ModelKind.Base, ct);
        var path = named.TrimEnd('/');
        var whole = bases.FirstOrDefault(model => model.Id.Value == path) ?? bases.FirstOrDefault(model => HubSource.Of(model)?.Id == path)
            ?? bases.FirstOrDefault(model => model.Id.Value == path.Split('/', '\\')[^1]);
        if (whole is null)
        {
            throw new InputError(
                $"adapter_config.json, base_model_name_or_path: found {named}; allowed: {string.Join(", ", bases.Select(model => model.Id.Value).Order(StringComparer.Ordinal))}");
        }
        PeftAdapter.Check(folder, await ConfigOfAsync(whole, ct));
        var record = await store.SeedAdapterAsync(Path.GetFileName(folder), folder, whole.Id, use.RefuseIfUsedAsync, ct);
        LogSeeded(record.Id.Value, folder, record.Bytes);
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

    private static IEnumerable<(string Name, string Folder)> FoldersIn(string models)
    {
        if (Directory.Exists(SampleModel.Folder))
            yield return (SampleModel.Name, SampleModel.Folder);
        foreach (var folder in SubFolders(models, "config.json"))
            yield return (Path.GetFileName(folder), folder);
    }

    private static IEnumerable<string> SubFolders(string models, string with) => Directory.Exists(models)
        ? Directory.EnumerateDirectories(models).Where(folder => File.Exists(Path.Combine(folder, with))).Order(StringComparer.Ordinal)
        : [];

    [LoggerMessage(Level = LogLevel.Debug, Message = "Model {Model} is in place, from {Folder}, {Bytes} bytes")]
    private partial void LogSeeded(string model, string folder, long bytes);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What has changed in {Folder} is not taken before the next start. {Fault}")]
    private partial void LogInUse(string folder, string fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The adapter in {Folder} is left out. {Fault}")]
    private partial void LogNotAnAdapter(string folder, string fault);
}
