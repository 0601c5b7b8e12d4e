using Microsoft.Extensions.Logging;

namespace Serverless.Service.Models;

/// <summary>Brings the folders of models on this machine into the storage, so that jobs can start from them.</summary>
public sealed partial class BaseModels(ModelStore store, ILogger<BaseModels> logger)
{
    /// <summary>
    /// Seeds the sample model and every Hugging Face folder in <paramref name="models"/>, each under its own name. What is there with the
    /// same content costs a comparison.
    /// </summary>
    /// <param name="models">The folder of folders; it need not exist.</param>
    public async Task SeedAsync(string models, CancellationToken ct)
    {
        foreach (var (name, folder) in FoldersIn(models))
        {
            var record = await store.SeedBaseAsync(name, folder, ct);
            LogSeeded(record.Id.Value, folder, record.Bytes);
        }
    }

    private static IEnumerable<(string Name, string Folder)> FoldersIn(string models)
    {
        if (Directory.Exists(SampleModel.Folder))
            yield return (SampleModel.Name, SampleModel.Folder);
        if (!Directory.Exists(models))
            yield break;
        foreach (var folder in Directory.EnumerateDirectories(models).Order(StringComparer.Ordinal))
            if (File.Exists(Path.Combine(folder, "config.json")))
                yield return (Path.GetFileName(folder), folder);
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Base model {Model} is in place, from {Folder}, {Bytes} bytes")]
    private partial void LogSeeded(string model, string folder, long bytes);
}
