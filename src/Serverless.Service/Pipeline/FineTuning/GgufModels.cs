using System.Collections.Concurrent;
using Serverless.Learning;
using Serverless.Learning.Formats.Gguf;
using Serverless.Learning.Native;
using Serverless.Service.Models;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>Base, published, checkpoint and adapter models as GGUF files; an adapter is merged into its base.</summary>
public sealed class GgufModels(StartingModels starting, JobFolders folders)
{
    private readonly ConcurrentDictionary<ModelId, SemaphoreSlim> _turns = new();

    /// <summary>Writes the model as one file, which is read back and compared.</summary>
    /// <exception cref="InputError">The model holds what GGUF has no counterpart for, or is an adapter that does not fit its base any more.</exception>
    public async Task WriteAsync(ModelRecord model, GgufType type, string path, CancellationToken ct)
    {
        var folder = await starting.FolderAsync(model, content: null, ct);
        NativeRuntime.EnsureLoaded();
        await using var thread = new TensorThread($"gguf {model.Id}");
        await thread.RunAsync(() => GgufExport.Write(folder, path, type, model.Id.Value, ct));
    }

    /// <summary>
    /// The same into the scratch folder, to be read once. Each file takes as much of the disk as the model, so there is one of a model at a time,
    /// and whoever comes meanwhile waits.
    /// </summary>
    /// <returns>The file, which is gone when it is disposed by the caller.</returns>
    /// <exception cref="InputError">As above.</exception>
    public async Task<GgufDownload> OpenAsync(ModelRecord model, GgufType type, CancellationToken ct)
    {
        var turn = _turns.GetOrAdd(model.Id, _ => new SemaphoreSlim(1));
        await turn.WaitAsync(ct);
        string? scratch = null;
        try
        {
            scratch = folders.NewScratch();
            var path = Path.Combine(scratch, "model.gguf");
            await WriteAsync(model, type, path, ct);
            return new GgufDownload(File.OpenRead(path), () => End(scratch, turn));
        }
        catch
        {
            End(scratch, turn);
            throw;
        }
    }

    private static void End(string? scratch, SemaphoreSlim turn)
    {
        try
        {
            if (scratch is not null)
                Directory.Delete(scratch, recursive: true);
        }
        finally
        {
            turn.Release();
        }
    }
}
