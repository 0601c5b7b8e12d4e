using Serverless.Learning.Models;
using Serverless.Service.Models;

namespace Serverless.Service.Inference;

/// <summary>A model in memory with its lane. It is loaded by the first generation, on the lane's thread.</summary>
internal sealed class HostedModel : IAsyncDisposable
{
    private readonly GenerationLane _lane;
    private LanguageModel? _model;
    private string? _folder;

    public HostedModel(ModelRecord record, ModelHostSettings settings, TimeProvider time)
    {
        Record = record;
        _lane = new GenerationLane(record.Id.Value, () => _model ??= LanguageModel.Load(_folder!), settings, time);
    }

    public ModelRecord Record { get; }

    /// <summary>Requests that run or wait; guarded by the host's lock, as is <see cref="LastUse"/>.</summary>
    public int Users { get; set; }

    /// <summary>Grows with each use.</summary>
    public long LastUse { get; set; }

    /// <param name="folder">Where the model's files are.</param>
    public IAsyncEnumerable<GenerationPiece> StreamAsync(string folder, Func<LanguageModel, GenerationPlan> plan, CancellationToken cancellationToken)
    {
        _folder = folder;
        return _lane.StreamAsync(plan, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _lane.DisposeAsync();
        _model?.Dispose();
    }
}
