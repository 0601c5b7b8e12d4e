using Microsoft.Extensions.Logging;
using Serverless.Learning;
using Serverless.Service.Models.Adding;

namespace Serverless.Service.Models;

/// <summary>
/// Brings the folders of models on this machine into the storage, so that jobs can start from them, and the folders of adapters, so that
/// they answer on their bases.
/// </summary>
public sealed partial class BaseModels(ModelStore store, AdapterBases bases, BaseUse use, ILogger<BaseModels> logger)
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
        foreach (var folder in SubFolders(models, adapters: true))
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

    private async Task SeedAdapterAsync(string folder, CancellationToken ct)
    {
        var whole = await bases.FindAsync(folder, ct);
        var record = await store.SeedAdapterAsync(Path.GetFileName(folder), folder, whole.Id, use.RefuseIfUsedAsync, ct);
        LogSeeded(record.Id.Value, folder, record.Bytes);
    }

    private static IEnumerable<(string Name, string Folder)> FoldersIn(string models)
    {
        if (Directory.Exists(SampleModel.Folder))
            yield return (SampleModel.Name, SampleModel.Folder);
        foreach (var folder in SubFolders(models, adapters: false))
            yield return (Path.GetFileName(folder), folder);
    }

    private static IEnumerable<string> SubFolders(string models, bool adapters)
    {
        return Directory.Exists(models) ? Directory.EnumerateDirectories(models).Where(IsWanted).Order(StringComparer.Ordinal) : [];

        bool IsWanted(string folder)
        {
            string[] names = [.. Directory.EnumerateFiles(folder).Select(path => Path.GetFileName(path))];
            return AdapterFiles.Are(names) ? adapters : !adapters && names.Contains("config.json");
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Model {Model} is in place, from {Folder}, {Bytes} bytes")]
    private partial void LogSeeded(string model, string folder, long bytes);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What has changed in {Folder} is not taken before the next start. {Fault}")]
    private partial void LogInUse(string folder, string fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The adapter in {Folder} is left out. {Fault}")]
    private partial void LogNotAnAdapter(string folder, string fault);
}
