using TorchSharp;

namespace Serverless.Learning.Models;

/// <summary>
/// Keys and values of the tokens seen so far, for B rows that grow together. Rows of unequal length are padded on the left; a mask
/// keeps the padding out. Owns its tensors.
/// </summary>
public sealed class KeyValueCache : IDisposable
{
    private readonly torch.Tensor[] keys;
    private readonly torch.Tensor[] values;

    /// <param name="capacity">S, the most tokens a row can hold.</param>
    public KeyValueCache(DecoderConfig config, int rows, int capacity)
    {
        Capacity = capacity;
        Rows = rows;
        long[] shape = [rows, config.KeyValueHeads, capacity, config.HeadSize];
        keys = Enumerable.Range(0, config.Layers).Select(_ => torch.empty(shape).DetachFromDisposeScope()).ToArray();
        values = Enumerable.Range(0, config.Layers).Select(_ => torch.empty(shape).DetachFromDisposeScope()).ToArray();
    }

    public int Rows { get; }

    public int Capacity { get; }

    /// <summary>Tokens held so far in every row, padding included.</summary>
    public int Length { get; private set; }

    /// <summary>Stores a layer's new keys and values [B, K, T, head size] behind the ones held.</summary>
    /// <returns>All keys and values held, [B, K, Length + T, head size], as views; valid until the next call.</returns>
    public (torch.Tensor Keys, torch.Tensor Values) Append(int layer, torch.Tensor newKeys, torch.Tensor newValues)
    {
        var time = newKeys.shape[2];
        if (Length + time > Capacity) throw new ArgumentException($"cache of {Capacity} tokens holds {Length} and is given {time} more");
        keys[layer].narrow(2, Length, time).copy_(newKeys);
        values[layer].narrow(2, Length, time).copy_(newValues);
        return (keys[layer].narrow(2, 0, Length + time), values[layer].narrow(2, 0, Length + time));
    }

    /// <summary>Called once after all layers have appended.</summary>
    public void Advance(int time) => Length += time;

    public void Dispose()
    {
        foreach (var tensor in keys.Concat(values)) tensor.Dispose();
    }
}
