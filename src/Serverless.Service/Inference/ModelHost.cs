using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Serverless.Learning;
using Serverless.Learning.Models;
using Serverless.Service.Models;

namespace Serverless.Service.Inference;

/// <summary>
/// Keeps the models that were used last in memory, bounded in number and bytes, and lets each run one generation at a time in the order in
/// which they came. Adapters answer on their base, which is in memory once for all of them. Nothing native is loaded before the first
/// generation.
/// </summary>
public sealed partial class ModelHost(ModelStore store, ModelHostSettings settings, ILogger<ModelHost> logger) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    // By folder: a folder in storage stands for its content, so that a name whose content was replaced is another model.
    private readonly Dictionary<string, HostedModel> _hosted = new(StringComparer.Ordinal);
    private long _uses;

    /// <summary>Runs <paramref name="generation"/> on the model and passes on what it yields, while it goes on.</summary>
    /// <exception cref="InputError">
    /// Too many requests wait for this model, or all room is taken by models in use (<c>rate_limit_exceeded</c>); or the model's folder cannot
    /// be read; or it is an adapter that does not fit its base.
    /// </exception>
    public async IAsyncEnumerable<T> StreamAsync<T>(
        ModelRecord model, Func<LanguageModel, CancellationToken, IEnumerable<T>> generation,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var weights = await store.WeightsOfAsync(model, cancellationToken);
        var hosted = await EnterAsync(weights);
        try
        {
            var folder = await store.DownloadAsync(weights, settings.CacheFolder, cancellationToken);
            var adapter = model.Kind == ModelKind.Adapter ? await store.DownloadAsync(model, settings.CacheFolder, cancellationToken) : null;
            await foreach (var piece in hosted.StreamAsync(folder, adapter, generation, cancellationToken))
                yield return piece;
        }
        finally
        {
            lock (_lock)
                hosted.Users--;
        }
    }

    /// <summary>Lets every generation end and frees all models.</summary>
    public async ValueTask DisposeAsync()
    {
        HostedModel[] all;
        lock (_lock)
        {
            all = [.. _hosted.Values];
            _hosted.Clear();
        }

        foreach (var hosted in all)
            await hosted.DisposeAsync();
    }

    private async Task<HostedModel> EnterAsync(ModelRecord model)
    {
        HostedModel? entered;
        var evicted = new List<HostedModel>();
        lock (_lock)
        {
            if (!_hosted.TryGetValue(model.Folder, out entered))
            {
                MakeRoom(model, evicted);
                _hosted[model.Folder] = entered = new HostedModel(model, settings.MaxWaiting, settings.MaxAdapters);
            }

            entered.Users++;
            entered.LastUse = ++_uses;
        }

        foreach (var old in evicted)
        {
            LogEvicted(old.Record.Id.Value, model.Id.Value);
            await old.DisposeAsync();
        }

        return entered;
    }

    /// <summary>Takes out those that were not used for longest. A model in use stays.</summary>
    private void MakeRoom(ModelRecord model, List<HostedModel> evicted)
    {
        while (_hosted.Count > 0
               && (_hosted.Count >= settings.MaxModels || _hosted.Values.Sum(hosted => hosted.Record.Bytes) + model.Bytes > settings.MaxBytes))
        {
            var oldest = _hosted.Values.Where(hosted => hosted.Users == 0).MinBy(hosted => hosted.LastUse)
                ?? throw new InputError(
                    $"Rate limit reached: there is no room for '{model.Id}' while other models are in use. Please try again later.",
                    "model", "rate_limit_exceeded");
            _hosted.Remove(oldest.Record.Folder);
            evicted.Add(oldest);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The model {Evicted} leaves memory, to make room for {Model}")]
    private partial void LogEvicted(string evicted, string model);
}
