using Serverless.Learning.Adapters;
using Serverless.Learning.Models;
using Serverless.Service.Models;

namespace Serverless.Service.Inference;

/// <summary>
/// A model in memory with its lane, and the adapters of it that were used last. Model and adapters are loaded by the first generation that
/// needs them, on the lane's thread. As the lane runs one generation at a time, each finds its own adapter on, or none.
/// </summary>
internal sealed class HostedModel(ModelRecord record, int maxWaiting, int maxAdapters) : IAsyncDisposable
{
    private readonly GenerationLane _lane = new(record.Id.Value, maxWaiting);
    // By folder, the one used last at the end.
    private readonly List<(string Folder, LoraAdapter Adapter)> _adapters = [];
    private LanguageModel? _model;

    public ModelRecord Record => record;

    /// <summary>Requests that run or wait; guarded by the host's lock, as is <see cref="LastUse"/>.</summary>
    public int Users { get; set; }

    /// <summary>Grows with each use.</summary>
    public long LastUse { get; set; }

    /// <param name="folder">Where the model's files are.</param>
    /// <param name="adapterFolder">Where the files of the adapter are with which it is to answer; null for the bare model.</param>
    public IAsyncEnumerable<T> StreamAsync<T>(
        string folder, string? adapterFolder, Func<LanguageModel, CancellationToken, IEnumerable<T>> generation, CancellationToken cancellationToken) =>
        _lane.StreamAsync(stop => generation(Wearing(folder, adapterFolder), stop), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _lane.DisposeAsync();
        foreach (var (_, adapter) in _adapters)
            adapter.Dispose();
        _model?.Dispose();
    }

    private LanguageModel Wearing(string folder, string? adapterFolder)
    {
        _model ??= LanguageModel.Load(folder);
        foreach (var (_, adapter) in _adapters)
            adapter.Detach();
        if (adapterFolder is null)
            return _model;
        var at = _adapters.FindIndex(entry => entry.Folder == adapterFolder);
        var worn = at < 0 ? LoraAdapter.Load(_model.Decoder, adapterFolder) : _adapters[at].Adapter;
        if (at >= 0)
            _adapters.RemoveAt(at);
        worn.Attach();
        _adapters.Add((adapterFolder, worn));
        if (_adapters.Count > maxAdapters)
        {
            _adapters[0].Adapter.Dispose();
            _adapters.RemoveAt(0);
        }

        return _model;
    }
}
