using Serverless.Learning.Models;
using Serverless.Learning.Sampling;
using Serverless.Service.Models;

namespace Serverless.Service.Inference;

/// <summary>
/// A model in memory with its lane. It is loaded by the first generation, on the lane's thread. An adapter is a model beside its base, over
/// the same weights, and answers on its base's lane: what asks for one grows together with what asks for another.
/// </summary>
internal sealed class HostedModel : IAsyncDisposable
{
    private readonly Lock _loading = new();
    private readonly GenerationLane? _lane;
    private readonly MatrixStorage _storage;
    private readonly PromptPrefixes _prefixes;
    private LanguageModel? _model;
    private string? _folder;
    private bool _hasEnded;

    /// <param name="whole">For an adapter, its base, which stays for longer than this; null for a model that is whole.</param>
    /// <param name="prefixes">Where the beginnings of prompts are kept, until the model leaves.</param>
    public HostedModel(ModelRecord record, HostedModel? whole, ModelHostSettings settings, PromptPrefixes prefixes, TimeProvider time)
    {
        (Record, Whole, _storage, _prefixes) = (record, whole, settings.Storage, prefixes);
        _lane = whole is null ? new GenerationLane(record.Id.Value, Open, settings, time, prefixes) : null;
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
        (Whole ?? this)._lane!.StreamAsync(Record.Id.Value, Open, plan, cancellationToken);

    /// <summary>Lets every generation on this model and its adapters end, and takes no more.</summary>
    public async ValueTask EndAsync()
    {
        if (_lane is null || _hasEnded)
            return;
        _hasEnded = true;
        await _lane.DisposeAsync();
    }

    /// <summary>Frees the model. Nothing generates with it any more; of an adapter that is for its owner to see to.</summary>
    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        if (_model is null)
            return;
        _prefixes.Forget(_model);
        _model.Dispose();
    }

    /// <summary>The model, loaded once, whether its own lane or that of an adapter comes first.</summary>
    private LanguageModel Open()
    {
        lock (_loading)
            return _model ??= Whole is null ? LanguageModel.Load(_folder!, storage: _storage) : Whole.Open().WithAdapter(_folder!);
    }
}
