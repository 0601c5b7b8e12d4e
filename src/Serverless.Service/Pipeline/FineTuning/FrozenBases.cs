using Serverless.Learning.Models;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>
/// The bases over which adapters train, once in memory for all who use them at the same time. One that nobody uses stays for the next job for a while, if
/// it takes little memory of its own: until another one is wanted, or room for a model whose weights all train.
/// </summary>
public sealed class FrozenBases(PipelineSettings settings, TimeProvider clock) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<Kept> _bases = [];
    private ITimer? _timer;

    /// <summary>How many are in memory.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _bases.Count;
        }
    }

    /// <summary>A base for the caller to use beside others, until it is given back. Loads it if it is not there, and then frees those that nobody uses.</summary>
    /// <param name="folder">Stands for its content: what lies in it never changes.</param>
    /// <param name="storage">How its matrices stand in memory.</param>
    /// <exception cref="Learning.InputError">A part of the folder is missing, broken or not supported.</exception>
    public FrozenBase Take(string folder, MatrixStorage storage)
    {
        lock (_lock)
        {
            var found = _bases.Find(kept => kept.Folder == folder && kept.Storage == storage);
            if (found is null)
            {
                FreeIdle();
                _bases.Add(found = new Kept(folder, storage, LanguageModel.Load(folder, storage: storage)));
            }
            found.Users++;
            return new FrozenBase(found.Model.Beside(), () => GiveBack(found));
        }
    }

    /// <summary>Frees those that nobody uses.</summary>
    public void FreeIdle() => Free(_ => true);

    public void Dispose()
    {
        lock (_lock)
        {
            _timer?.Dispose();
            foreach (var kept in _bases)
                kept.Model.Dispose();
            _bases.Clear();
        }
    }

    private void GiveBack(Kept kept)
    {
        lock (_lock)
        {
            kept.IdleSince = clock.GetTimestamp();
            if (--kept.Users > 0)
                return;
            if (kept.Model.Decoder.Weights.Sum(weight => weight.OwnBytes) > settings.IdleBaseBytes)
                Free(other => other == kept);
            else
                (_timer ??= clock.CreateTimer(_ => FreeLong(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan)).Change(settings.IdleBaseTime, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Those that were given back later have set the timer anew.</summary>
    private void FreeLong() => Free(kept => clock.GetElapsedTime(kept.IdleSince) >= settings.IdleBaseTime);

    private void Free(Func<Kept, bool> which)
    {
        lock (_lock)
        {
            foreach (var kept in _bases.Where(kept => kept.Users == 0 && which(kept)).ToList())
            {
                _bases.Remove(kept);
                kept.Model.Dispose();
            }
        }
    }

    private sealed class Kept(string folder, MatrixStorage storage, LanguageModel model)
    {
        public string Folder { get; } = folder;

        public MatrixStorage Storage { get; } = storage;

        public LanguageModel Model { get; } = model;

        public int Users { get; set; }

        public long IdleSince { get; set; }
    }
}
