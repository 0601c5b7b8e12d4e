using Serverless.Learning.Randomness;

namespace Serverless.Learning.Data;

/// <summary>
/// Which examples each optimiser step takes: every epoch goes through all of them once, in a random order of its own that depends on seed and epoch alone.
/// An epoch's last step takes what is left. Nothing is carried from step to step, so any step can be repeated by itself.
/// </summary>
public sealed class EpochOrder
{
    /// <summary>The module number of the order among the uses of <see cref="Philox"/>.</summary>
    public const int Module = 0x6F726472;

    private readonly long _seed;
    private readonly Lock _lock = new();
    private (int Epoch, int[] Order) _latest = (-1, []);

    /// <param name="examples">The number of examples, at least 1.</param>
    /// <param name="batchSize">The examples of one step, at least 1.</param>
    /// <param name="seed">The job's seed.</param>
    public EpochOrder(int examples, int batchSize, long seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(examples, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        (Examples, BatchSize, _seed) = (examples, batchSize, seed);
    }

    /// <summary>The number of examples.</summary>
    public int Examples { get; }

    /// <summary>The examples of one step.</summary>
    public int BatchSize { get; }

    /// <summary>The steps of one epoch.</summary>
    public int StepsPerEpoch => (int)(((long)Examples + BatchSize - 1) / BatchSize);

    /// <summary>The indices of the examples that a step, counted from 0 over all epochs, takes.</summary>
    public int[] ExamplesOf(int step)
    {
        var (epoch, within) = Math.DivRem(step, StepsPerEpoch);
        var order = OrderOf(epoch);
        var start = within * BatchSize;
        return order[start..Math.Min(start + BatchSize, Examples)];
    }

    private int[] OrderOf(int epoch)
    {
        lock (_lock)
        {
            if (_latest.Epoch != epoch)
                _latest = (epoch, new Philox(_seed, epoch, Module).Permutation(Examples));
            return _latest.Order;
        }
    }
}
