using Serverless.Learning.Models;
using Serverless.Service.Models;

namespace Serverless.Service.Inference;

/// <summary>
/// A model in memory with its lane. It is loaded by the first generation, on the lane's thread. An adapter is a model beside its base, over
/// the same weights, with a lane of its own.
/// </summary>
/// <param name="whole">For an adapter, its base, which stays for longer than this; null for a model that is whole.</param>
internal sealed class HostedModel(ModelRecord record, HostedModel? whole, int maxWaiting) : IAsyncDisposable
{
    private readonly Lock _loading = new();
    private readonly GenerationLane _lane = new(record.Id.Value, maxWaiting);
    private LanguageModel? _model;
    private string? _folder;

    public ModelRecord Record => record;

    /// <summary>The base of an adapter, otherwise null.</summary>
    public HostedModel? Whole => whole;

    /// <summary>Requests that run or wait, those of adapters included; guarded by the host's lock, as is <see cref="LastUse"/>.</summary>
    public int Users { get; set; }

    /// <summary>Grows with each use.</summary>
    public long LastUse { get; set; }

    /// <summary>Says where the model's files are, before the first generation.</summary>
    public void UseFolder(string folder) => _folder = folder;

    public IAsyncEnumerable<T> StreamAsync<T>(
        Func<LanguageModel, CancellationToken, IEnumerable<T>> generation, CancellationToken cancellationToken) =>
        _lane.StreamAsync(stop => generation(Open(), stop), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _lane.DisposeAsync();
        _model?.Dispose();
    }

    /// <summary>The model, loaded once, whether its own lane or that of an adapter comes first.</summary>
    private LanguageModel Open()
    {
        lock (_loading)
            return _model ??= whole is null ? LanguageModel.Load(_folder!) : whole.Open().WithAdapter(_folder!);
    }
}
