using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Serverless.Learning;
using Serverless.Learning.Models;
using Serverless.Learning.Sampling;
using Serverless.Service.Models;

namespace Serverless.Service.Inference;

/// <summary>
/// Keeps the models that were used last in memory, bounded in number and bytes; each generates for all its requests together, those of its
/// adapters among them. Adapters answer beside their base, whose weights are in memory once for all of them. Nothing native is loaded before the first generation.
/// </summary>
public sealed partial class ModelHost(ModelStore store, ModelHostSettings settings, TimeProvider time, ILogger<ModelHost> logger) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    // By folder: a folder in storage stands for its content, so that a name whose content was replaced is another model.
    private readonly Dictionary<string, HostedModel> _hosted = new(StringComparer.Ordinal);
    private readonly PromptPrefixes _prefixes = new(settings.PrefixBytes);
    private long _uses;

    /// <summary>Generates with the model, and passes on each token.</summary>
    /// <param name="plan">Says what is wanted, given the loaded model, on the thread that generates; what it refuses reaches the reader.</param>
    /// <exception cref="InputError">
    /// Too many requests wait for this model, or all room is taken by models in use (<c>rate_limit_exceeded</c>); or the model's folder cannot
    /// be read; or it is an adapter that does not fit its base.
    /// </exception>
    public async IAsyncEnumerable<GenerationPiece> StreamAsync(
        ModelRecord model, Func<LanguageModel, GenerationPlan> plan, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var hosted = await EnterAsync(model, await store.WeightsOfAsync(model, cancellationToken));
        try
        {
            hosted.Whole?.UseFolder(await store.DownloadAsync(hosted.Whole.Record, settings.CacheFolder, cancellationToken));
            hosted.UseFolder(await store.DownloadAsync(model, settings.CacheFolder, cancellationToken));
            await foreach (var piece in hosted.StreamAsync(plan, cancellationToken))
                yield return piece;
        }
        finally
        {
            lock (_lock)
            {
                hosted.Users--;
                if (hosted.Whole is { } whole)
                    whole.Users--;
            }
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
            await hosted.EndAsync();
        foreach (var hosted in all.OrderBy(hosted => hosted.Whole is null))
            await hosted.DisposeAsync();
        _prefixes.Dispose();
    }

    /// <param name="weights">The model itself, or the base of an adapter.</param>
    private async Task<HostedModel> EnterAsync(ModelRecord model, ModelRecord weights)
    {
        HostedModel entered;
        var evicted = new List<(string Key, HostedModel Hosted)>();
        lock (_lock)
        {
            MakeRoom(model, weights, evicted);
            if (!_hosted.TryGetValue(weights.Folder, out var whole))
                _hosted[weights.Folder] = whole = new HostedModel(weights, null, settings, _prefixes, time);
            entered = whole;
            if (model.Kind == ModelKind.Adapter && !_hosted.TryGetValue(AdapterKey(model, weights), out entered!))
                _hosted[AdapterKey(model, weights)] = entered = new HostedModel(model, whole, settings, _prefixes, time);
            foreach (var used in entered == whole ? [whole] : (HostedModel[])[whole, entered])
            {
                used.Users++;
                used.LastUse = ++_uses;
            }
        }

        foreach (var (_, old) in evicted)
        {
            LogEvicted(old.Record.Id.Value, model.Id.Value);
            await old.DisposeAsync();
        }

        return entered;
    }

    // A base whose content was replaced is another one, and so is the adapter on it.
    private static string AdapterKey(ModelRecord adapter, ModelRecord weights) => $"{weights.Folder} {adapter.Folder}";

    /// <summary>Takes out those that were not used for longest, as far as the model needs it. A model in use stays, and all of them do where there is no room anyhow.</summary>
    private void MakeRoom(ModelRecord model, ModelRecord weights, List<(string Key, HostedModel Hosted)> evicted)
    {
        try
        {
            if (!_hosted.ContainsKey(weights.Folder))
                MakeRoom(weights, evicted);
            if (model.Kind == ModelKind.Adapter && !_hosted.ContainsKey(AdapterKey(model, weights))
                && _hosted.Values.Count(hosted => hosted.Whole is not null) >= settings.MaxAdapters)
                Evict(hosted => hosted.Whole is not null, model, evicted);
        }
        catch (InputError)
        {
            foreach (var (key, hosted) in evicted)
                _hosted.Add(key, hosted);
            throw;
        }
    }

    private void MakeRoom(ModelRecord weights, List<(string Key, HostedModel Hosted)> evicted)
    {
        while (_hosted.Count > 0
               && (_hosted.Values.Count(hosted => hosted.Whole is null) >= settings.MaxModels
                   || _hosted.Values.Sum(hosted => hosted.Record.Bytes) + weights.Bytes > settings.MaxBytes))
            Evict(hosted => hosted.Whole is null, weights, evicted);
    }

    private void Evict(Func<HostedModel, bool> among, ModelRecord inFavourOf, List<(string Key, HostedModel Hosted)> evicted)
    {
        var oldest = _hosted.Values.Where(hosted => among(hosted) && hosted.Users == 0).MinBy(hosted => hosted.LastUse)
            ?? throw new InputError(
                $"Rate limit reached: there is no room for '{inFavourOf.Id}' while other models are in use. Please try again later.",
                "model", "rate_limit_exceeded");
        // What answers on it goes first.
        foreach (var (key, hosted) in _hosted.Where(entry => entry.Value == oldest || entry.Value.Whole == oldest).OrderBy(entry => entry.Value == oldest).ToList())
        {
            _hosted.Remove(key);
            evicted.Add((key, hosted));
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The model {Evicted} leaves memory, to make room for {Model}")]
    private partial void LogEvicted(string evicted, string model);
}
