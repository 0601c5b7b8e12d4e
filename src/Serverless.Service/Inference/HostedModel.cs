using Serverless.Learning.Models;
using Serverless.Service.Models;

namespace Serverless.Service.Inference;

/// <summary>
/// A model in memory with its lane. It is loaded by the first generation, on the lane's thread. An adapter is a model beside its base, over
/// the same weights, with a lane of its own: what asks for one is not batched with what asks for another.
/// </summary>
internal sealed class HostedModel : IAsyncDisposable
{
    private readonly Lock _loading = new();
    private readonly GenerationLane _lane;
    private LanguageModel? _model;
    private string? _folder;

    /// <param name="whole">For an adapter, its base, which stays for longer than this; null for a model that is whole.</param>
    public HostedModel(ModelRecord record, HostedModel? whole, ModelHostSettings settings, TimeProvider time)
    {
        (Record, Whole) = (record, whole);
        _lane = new GenerationLane(record.Id.Value, Open, settings, time);
    }

    public ModelRecord Record { get; }

    /// <summary>The base of an adapter, otherwise null.</summary>
    public HostedModel? Whole { get; }

    /// <summary>Requests that run or wait, those of adapters included; guarded by the host's lock, as is <see cref="LastUse"/>.</summary>
    public int Users { get; set; }

    /// <summary>Grows with each use.</summary>
    public long LastUse { get; set; }

    /// <summary>Says where the model's files are, before the first generation.</summary>
    public void UseFolder(string folder) => _folder = folder;

    public IAsyncEnumerable<GenerationPiece> StreamAsync(Func<LanguageModel, GenerationPlan> plan, CancellationToken cancellationToken) =>
        _lane.StreamAsync(plan, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _lane.DisposeAsync();
        _model?.Dispose();
    }

    /// <summary>The model, loaded once, whether its own lane or that of an adapter comes first.</summary>
    private LanguageModel Open()
    {
        lock (_loading)
            return _model ??= Whole is null ? LanguageModel.Load(_folder!) : Whole.Open().WithAdapter(_folder!);
    }
}
