using Serverless.Learning.Adapters;
using Serverless.Learning.Native;
using Serverless.Service.Models;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>
/// The models that jobs start from, as folders on this machine. A base, a published model and a checkpoint are whole already; an adapter
/// is merged into its base once, in float32, and what is trained then is a new adapter or all weights.
/// </summary>
public sealed class StartingModels(ModelStore store, JobFolders folders) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>What stands for the model's own weights, whatever it is called: the hash of its content, and of an adapter that of its base before it.</summary>
    /// <exception cref="Learning.InputError">The model is an adapter whose base was deleted.</exception>
    public async Task<string> ContentAsync(ModelRecord model, CancellationToken ct) => ContentOf(model, await store.WeightsOfAsync(model, ct));

    /// <summary>A folder with the model's own weights; not to be written to.</summary>
    /// <param name="content">What they must be, as <see cref="ContentAsync"/> names it; null for whatever the name stands for.</param>
    /// <exception cref="Learning.InputError">
    /// The model, or an adapter's base, was replaced by another content; or it is an adapter whose base was deleted or replaced by one that it does not fit.
    /// </exception>
    public async Task<string> FolderAsync(ModelRecord model, string? content, CancellationToken ct)
    {
        var weights = await store.WeightsOfAsync(model, ct);
        if (content is not null && ContentOf(model, weights) != content)
            throw new Learning.InputError($"model: '{model.Id}' was replaced by another content after the job had begun with it", "model", "model_replaced");
        var folder = await store.DownloadAsync(model, folders.Models, ct);
        if (model.Kind != ModelKind.Adapter)
            return folder;
        var whole = await store.DownloadAsync(weights, folders.Models, ct);
        // Both names stand for contents.
        var merged = $"{whole}-{Path.GetFileName(folder)}";
        await _turn.WaitAsync(ct);
        try
        {
            if (Directory.Exists(merged))
                return merged;
            NativeRuntime.EnsureLoaded();
            await using var thread = new TensorThread($"merge {model.Id}");
            await thread.RunAsync(() => AdapterMerge.Write(whole, folder, merged));
            return merged;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private static string ContentOf(ModelRecord model, ModelRecord weights) =>
        model.Kind == ModelKind.Adapter ? $"{weights.ContentHash}-{model.ContentHash}" : model.ContentHash;
}
