using Microsoft.Extensions.Logging;
using Serverless.Local.Settings;
using Serverless.Service.Models;

namespace Serverless.Local.Composition;

/// <summary>Brings the folders of models on this machine into the storage, so that jobs can start from them.</summary>
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
    }

    private IEnumerable<(string Name, string Folder)> Folders()
    {
        if (Directory.Exists(SampleModel.Folder))
            yield return (SampleModel.Name, SampleModel.Folder);
        if (!Directory.Exists(settings.Models))
            yield break;
        foreach (var folder in Directory.EnumerateDirectories(settings.Models).Order(StringComparer.Ordinal))
            if (File.Exists(Path.Combine(folder, "config.json")))
                yield return (Path.GetFileName(folder), folder);
    }
}
