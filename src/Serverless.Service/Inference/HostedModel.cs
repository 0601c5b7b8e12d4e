using Serverless.Learning.Models;
using Serverless.Service.Models;

namespace Serverless.Service.Inference;

/// <summary>A model in memory with its lane. It is loaded by the first generation, on the lane's thread.</summary>
internal sealed class HostedModel(ModelRecord record, int maxWaiting) : IAsyncDisposable
{
    private readonly GenerationLane _lane = new(record.Id.Value, maxWaiting);
    private LanguageModel? _model;

    public ModelRecord Record => record;

    /// <summary>Requests that run or wait; guarded by the host's lock, as is <see cref="LastUse"/>.</summary>
    public int Users { get; set; }

    /// <summary>Grows with each use.</summary>
    public long LastUse { get; set; }

    /// <param name="folder">Where the model's files are.</param>
    public IAsyncEnumerable<T> StreamAsync<T>(
        string folder, Func<LanguageModel, CancellationToken, IEnumerable<T>> generation, CancellationToken cancellationToken) =>
        _lane.StreamAsync(stop => generation(_model ??= LanguageModel.Load(folder), stop), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _lane.DisposeAsync();
        _model?.Dispose();
    }
}
