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

    private KeyValueCache(torch.Tensor[] keys, torch.Tensor[] values, int rows, int capacity, int length)
    {
        (this.keys, this.values, Rows, Capacity, Length) = (keys, values, rows, capacity, length);
    }

    /// <summary>
    /// A cache of rows taken from others, aligned at their ends; what lies before a shorter row is zero. The rows are copied, their caches
    /// stay with their owners. A row may be taken several times.
    /// </summary>
    /// <param name="rows">B rows of one model, at least one.</param>
    /// <param name="capacity">S, at least the longest row.</param>
    public static KeyValueCache Of(IReadOnlyList<CachedRow> rows, int capacity)
    {
        var length = rows.Max(row => row.Tokens);
        using var noGradient = torch.no_grad();
        return new KeyValueCache(Gather(cache => cache.keys), Gather(cache => cache.values), rows.Count, capacity, length);

        torch.Tensor[] Gather(Func<KeyValueCache, torch.Tensor[]> side)
        {
            using var scope = torch.NewDisposeScope();
            return [.. side(rows[0].Cache).Select((like, layer) =>
            {
                var target = torch.empty([rows.Count, like.shape[1], capacity, like.shape[3]], dtype: like.dtype).DetachFromDisposeScope();
                for (var row = 0; row < rows.Count; row++)
                {
                    var (cache, from, tokens) = rows[row];
                    var to = target.select(0, row);
                    // Zero and not whatever memory holds: a key that is masked out must still be a number.
                    if (tokens < length) to.narrow(1, 0, length - tokens).zero_();
                    to.narrow(1, length - tokens, tokens).copy_(side(cache)[layer].select(0, from).narrow(1, cache.Length - tokens, tokens));
                }
                return target;
            })];
        }
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
