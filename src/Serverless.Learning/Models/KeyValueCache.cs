using Serverless.Learning.Kernels;
using static TorchSharp.torch;

namespace Serverless.Learning.Models;

/// <summary>
/// Keys and values, float32, of the tokens seen so far in B rows that grow together. A row lies in a slot of its own from its first token on,
/// whatever lies in the others, so rows of any length join and leave without the others being moved. Owns its tensors.
/// </summary>
public sealed class KeyValueCache : IDisposable
{
    private const int SpareTokens = 64;
    private const int MostWaiting = 4;
    private const int MostQueriesTogether = 256;
    private const long ScoresTogether = 16 << 20;
    private readonly DecoderConfig config;
    private readonly Stack<int> free = [];
    private Tensor[] keys = [];
    private Tensor[] values = [];
    private int[] slots;
    private int[] lengths;
    private int capacity;

    /// <param name="rows">B rows without a token; more may join.</param>
    /// <param name="capacity">S, the tokens that a row can hold before the cache has to grow.</param>
    public KeyValueCache(DecoderConfig config, int rows, int capacity)
    {
        this.config = config;
        slots = [.. Enumerable.Range(0, rows)];
        lengths = new int[rows];
        Resize(rows, capacity);
    }

    /// <summary>B.</summary>
    public int Rows => slots.Length;

    /// <summary>Whether no row has a token yet: what is read then may be several texts in a row.</summary>
    public bool IsEmpty => lengths.All(length => length == 0);

    private int Slots => (int)keys[0].size(0);

    private int Capacity => capacity;

    /// <summary>The row's tokens so far.</summary>
    public int LengthOf(int row) => lengths[row];

    /// <summary>The most tokens that a row has so far.</summary>
    internal int LongestRow => lengths.Max();

    /// <summary>[B]: each row's slot.</summary>
    internal int[] RowSlots => slots;

    /// <summary>[B]: the tokens of each row so far.</summary>
    internal int[] RowLengths => lengths;

    /// <summary>Makes room for T more tokens in each row.</summary>
    internal void Reserve(int time)
    {
        var needed = LongestRow + time;
        if (needed > Capacity) Resize(Slots, Roomy(needed));
    }

    /// <summary>A layer's keys [slots, K, S, head size] in memory, until the cache grows.</summary>
    internal HeadedVectors<float> KeysOf(int layer) => Vectors(keys[layer]);

    /// <summary>A layer's values, as its keys.</summary>
    internal HeadedVectors<float> ValuesOf(int layer) => Vectors(values[layer]);

    /// <summary>Stores a layer's keys and values of the next T tokens of each row; they count once <see cref="Advance"/> is called.</summary>
    /// <param name="newKeys">[B, K, T, head size], float32 or bfloat16.</param>
    /// <param name="newValues">Of the same shape.</param>
    public void Append(int layer, Tensor newKeys, Tensor newValues)
    {
        Reserve((int)newKeys.size(2));
        LayerOperations.StoreRows(newKeys, keys[layer], slots, lengths);
        LayerOperations.StoreRows(newValues, values[layer], slots, lengths);
    }

    /// <summary>What the next T tokens of each row take from a layer, once their own keys and values are stored.</summary>
    /// <param name="q">[B, H, T, head size].</param>
    /// <returns>[B, T, H * head size], q's dtype, owned by the caller's dispose scope.</returns>
    public Tensor Attend(int layer, Tensor q, int? window)
    {
        var time = q.size(2);
        if (slots.Length > 1 || time == 1)
            return LayerOperations.CachedAttention(q, keys[layer], values[layer], slots, lengths, config.AttentionScale, window, config.AttentionSoftCap);
        // The rest of a text whose beginning is here: products of many queries and keys, as in reading a whole text, but not of all at once.
        using var scope = NewDisposeScope();
        var parts = new List<Tensor>();
        for (long from = 0, count; from < time; from += count)
        {
            using var part = NewDisposeScope();
            count = Math.Min(QueriesTogether(lengths[0] + from), time - from);
            var seen = lengths[0] + from + count;
            var first = window is { } width ? Math.Max(0, seen - count - width + 1) : 0;
            parts.Add(LayerOperations.CausalAttention(
                q.narrow(2, from, count), Own(keys[layer], first, seen), Own(values[layer], first, seen), null, config.AttentionScale, window, config.AttentionSoftCap)
                .MoveToOuterDisposeScope());
        }
        return cat(parts, 1).MoveToOuterDisposeScope();

        Tensor Own(Tensor side, long first, long seen) => side.narrow(0, slots[0], 1).narrow(2, first, seen - first).to(q.dtype);
    }

    /// <summary>Queries whose scores, of which the plain path holds some copies, do not take more memory the longer the text is.</summary>
    private long QueriesTogether(long seen) => Math.Clamp(ScoresTogether / (config.Heads * (seen + MostQueriesTogether)), 1, MostQueriesTogether);

    /// <summary>Counts T more tokens in each row; called once after all layers have stored them.</summary>
    public void Advance(int time)
    {
        for (var row = 0; row < lengths.Length; row++) lengths[row] += time;
    }

    /// <summary>Forgets the tokens of a row behind its first ones, such as padding that was read with it.</summary>
    public void Cut(int row, int length) => lengths[row] = Math.Min(lengths[row], length);

    /// <summary>A cache of its own that holds a row's first tokens.</summary>
    /// <param name="capacity">The tokens that it can hold before it has to grow, at least <paramref name="tokens"/>.</param>
    public KeyValueCache Beginning(int row, int tokens, int capacity)
    {
        var beginning = new KeyValueCache(config, 1, capacity);
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        for (var layer = 0; layer < keys.Length; layer++)
        {
            beginning.keys[layer].narrow(2, 0, tokens).copy_(keys[layer].narrow(0, slots[row], 1).narrow(2, 0, tokens));
            beginning.values[layer].narrow(2, 0, tokens).copy_(values[layer].narrow(0, slots[row], 1).narrow(2, 0, tokens));
        }
        beginning.lengths[0] = tokens;
        return beginning;
    }

    /// <summary>Bytes of the keys and values of so many tokens.</summary>
    public static long BytesOf(DecoderConfig config, int tokens) => 2L * config.Layers * config.KeyValueHeads * config.HeadSize * tokens * sizeof(float);

    /// <summary>Appends copies of rows of another cache of this model, each as often as it is named.</summary>
    public void Add(KeyValueCache from, IReadOnlyList<int> rows)
    {
        if (rows.Count == 0) return;
        var longest = rows.Max(from.LengthOf);
        var missing = rows.Count - free.Count;
        if (missing > 0 || longest > Capacity)
            Resize(missing > 0 ? Math.Max(Slots + missing, Slots * 3 / 2) : Slots, longest > Capacity ? Roomy(longest) : Capacity);
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        int[] taken = [.. rows.Select(_ => free.Pop())];
        var source = tensor(rows.Select(row => (long)from.slots[row]).ToArray());
        var target = tensor(taken.Select(slot => (long)slot).ToArray());
        for (var layer = 0; layer < keys.Length; layer++)
        {
            keys[layer].narrow(2, 0, longest).index_copy_(0, target, from.keys[layer].narrow(2, 0, longest).index_select(0, source));
            values[layer].narrow(2, 0, longest).index_copy_(0, target, from.values[layer].narrow(2, 0, longest).index_select(0, source));
        }
        slots = [.. slots, .. taken];
        lengths = [.. lengths, .. rows.Select(from.LengthOf)];
    }

    /// <summary>Lets all rows go but these, in this order. Their slots wait for others; where most wait, memory is given back.</summary>
    public void Keep(IReadOnlyList<int> rows)
    {
        foreach (var slot in slots.Except(rows.Select(row => slots[row]))) free.Push(slot);
        (slots, lengths) = ([.. rows.Select(row => slots[row])], [.. rows.Select(row => lengths[row])]);
        if (free.Count > Math.Max(MostWaiting, slots.Length)) Resize(slots.Length, Roomy(lengths.DefaultIfEmpty().Max()));
    }

    public void Dispose()
    {
        foreach (var tensor in keys.Concat(values)) tensor.Dispose();
    }

    private unsafe HeadedVectors<float> Vectors(Tensor side)
    {
        nint ofHead = Capacity * config.HeadSize;
        return new HeadedVectors<float>(TensorMemory.Floats(side), config.KeyValueHeads * ofHead, ofHead, config.HeadSize);
    }

    private static int Roomy(int tokens) => tokens + Math.Max(SpareTokens, tokens / 2);

    /// <summary>Moves the rows into the first of so many slots. Where memory does not suffice nothing has changed.</summary>
    private void Resize(int count, int capacity)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var held = lengths.DefaultIfEmpty().Max();
        var from = tensor(slots.Select(slot => (long)slot).ToArray());
        var (newKeys, newValues) = (Moved(keys), Moved(values));
        foreach (var old in keys.Concat(values)) old.Dispose();
        (keys, values) = (Kept(newKeys), Kept(newValues));
        this.capacity = capacity;
        slots = [.. Enumerable.Range(0, slots.Length)];
        free.Clear();
        for (var slot = count - 1; slot >= slots.Length; slot--) free.Push(slot);

        Tensor[] Moved(Tensor[] side) => [.. Enumerable.Range(0, config.Layers).Select(layer =>
        {
            var target = empty([count, config.KeyValueHeads, capacity, config.HeadSize], dtype: ScalarType.Float32);
            if (held > 0)
            {
                using var rows = side[layer].narrow(2, 0, held).index_select(0, from);
                using var place = target.narrow(0, 0, slots.Length).narrow(2, 0, held);
                place.copy_(rows);
            }
            return target;
        })];

        static Tensor[] Kept(Tensor[] side) => [.. side.Select(tensor => tensor.DetachFromDisposeScope())];
    }
}
