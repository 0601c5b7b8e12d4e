using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Serverless.Learning;
using Serverless.Learning.Models;
using Serverless.Service.Models;

namespace Serverless.Service.Inference;

/// <summary>
/// Keeps the models that were used last in memory, bounded in number and bytes; each generates for all its requests together. Nothing native
/// is loaded before the first generation.
/// </summary>
public sealed partial class ModelHost(ModelStore store, ModelHostSettings settings, TimeProvider time, ILogger<ModelHost> logger) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    // By folder: a folder in storage stands for its content, so that a name whose content was replaced is another model.
    private readonly Dictionary<string, HostedModel> _hosted = new(StringComparer.Ordinal);
    private long _uses;

    /// <summary>Generates with the model, and passes on each token.</summary>
    /// <param name="plan">Says what is wanted, given the loaded model, on the thread that generates; what it refuses reaches the reader.</param>
    /// <exception cref="InputError">
    /// Too many requests wait for this model, or all room is taken by models in use (<c>rate_limit_exceeded</c>); or the model's folder cannot
    /// be read.
    /// </exception>
    public async IAsyncEnumerable<GenerationPiece> StreamAsync(
        ModelRecord model, Func<LanguageModel, GenerationPlan> plan, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var hosted = await EnterAsync(model);
        try
        {
            var folder = await store.DownloadAsync(model, settings.CacheFolder, cancellationToken);
            await foreach (var piece in hosted.StreamAsync(folder, plan, cancellationToken))
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
                _hosted[model.Folder] = entered = new HostedModel(model, settings, time);
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
