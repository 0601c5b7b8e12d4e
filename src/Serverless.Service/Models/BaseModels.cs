using Microsoft.Extensions.Logging;
using Serverless.Learning;
using Serverless.Learning.Formats;
using Serverless.Learning.Models;

namespace Serverless.Service.Models;

/// <summary>
/// Brings the folders of models on this machine into the storage, so that jobs can start from them, and the folders of adapters, so that
/// they answer on their bases.
/// </summary>
public sealed partial class BaseModels(ModelStore store, ILogger<BaseModels> logger)
{
    /// <summary>
    /// Seeds the sample model and every Hugging Face folder in <paramref name="models"/>, and then every folder in PEFT's layout there, each
    /// under its own name. What is there with the same content costs a comparison. An adapter that cannot be used is left out with a warning.
    /// </summary>
    /// <param name="models">The folder of folders; it need not exist.</param>
    public async Task SeedAsync(string models, CancellationToken ct)
    {
        foreach (var (name, folder) in FoldersIn(models))
        {
            var record = await store.SeedBaseAsync(name, folder, ct);
            LogSeeded(record.Id.Value, folder, record.Bytes);
        }
        foreach (var folder in SubFolders(models, "adapter_config.json"))
        {
            try
            {
                await SeedAdapterAsync(folder, models, ct);
            }
            catch (InputError fault)
            {
                LogNotAnAdapter(folder, fault.Message);
            }
        }
    }

    /// <summary>An adapter's base is the model here that has its base's name or the last part of it.</summary>
    private async Task SeedAdapterAsync(string folder, string models, CancellationToken ct)
    {
        var named = PeftAdapter.BaseOf(folder) ?? "nothing";
        var (name, baseFolder) = FoldersIn(models).FirstOrDefault(entry => entry.Name == named.TrimEnd('/').Split('/', '\\')[^1]);
        if (name is null)
        {
            throw new InputError(
                $"adapter_config.json, base_model_name_or_path: found {named}; allowed: {string.Join(", ", FoldersIn(models).Select(entry => entry.Name))}");
        }
        PeftAdapter.Check(folder, DecoderConfig.Load(baseFolder));
        var record = await store.SeedAdapterAsync(Path.GetFileName(folder), folder, new ModelId(name), ct);
        LogSeeded(record.Id.Value, folder, record.Bytes);
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "The adapter in {Folder} is left out. {Fault}")]
    private partial void LogNotAnAdapter(string folder, string fault);
}
