using Microsoft.Extensions.Logging;
using Serverless.Learning;
using Serverless.Learning.Formats;
using Serverless.Learning.Models;
using Serverless.Local.Settings;
using Serverless.Service.Models;

namespace Serverless.Local.Composition;

/// <summary>
/// Brings the folders of models on this machine into the storage, so that jobs can start from them, and the folders of adapters, so that
/// they answer on their bases.
/// </summary>
internal sealed class BaseModels(ModelStore store, LocalSettings settings, ILogger<BaseModels> logger)
{
    /// <summary>Seeds the sample model and every folder in the models folder. What is there with the same content costs a comparison.</summary>
    public async Task SeedAsync(CancellationToken ct)
    {
        foreach (var (name, folder) in Folders())
        {
            var record = await store.SeedBaseAsync(name, folder, ct);
            logger.Seeded(record.Id.Value, folder, record.Bytes);
        }
        foreach (var folder in SubFolders("adapter_config.json"))
        {
            try
            {
                await SeedAdapterAsync(folder, ct);
            }
            catch (InputError fault)
            {
                logger.NotAnAdapter(folder, fault.Message);
            }
        }
    }

    /// <summary>An adapter's base is the model here that has its base's name or the last part of it.</summary>
    private async Task SeedAdapterAsync(string folder, CancellationToken ct)
    {
        var named = PeftAdapter.BaseOf(folder) ?? "nothing";
        var (name, baseFolder) = Folders().FirstOrDefault(entry => entry.Name == named.TrimEnd('/').Split('/', '\\')[^1]);
        if (name is null)
        {
            throw new InputError(
                $"adapter_config.json, base_model_name_or_path: found {named}; allowed: {string.Join(", ", Folders().Select(entry => entry.Name))}");
        }
        PeftAdapter.Check(folder, DecoderConfig.Load(baseFolder));
        var record = await store.SeedAdapterAsync(Path.GetFileName(folder), folder, new ModelId(name), ct);
        logger.Seeded(record.Id.Value, folder, record.Bytes);
    }

    private IEnumerable<(string Name, string Folder)> Folders()
    {
        if (Directory.Exists(SampleModel.Folder))
            yield return (SampleModel.Name, SampleModel.Folder);
        foreach (var folder in SubFolders("config.json"))
            yield return (Path.GetFileName(folder), folder);
    }

    private IEnumerable<string> SubFolders(string with) => Directory.Exists(settings.Models)
        ? Directory.EnumerateDirectories(settings.Models).Where(folder => File.Exists(Path.Combine(folder, with))).Order(StringComparer.Ordinal)
        : [];
}
