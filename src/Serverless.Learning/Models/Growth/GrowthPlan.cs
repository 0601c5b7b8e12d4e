using Serverless.Learning.Kernels;

namespace Serverless.Learning.Models.Growth;

/// <summary>Gathers where the weights of a decoder's layers, the rows' numbers and the cache are, as kernels read them.</summary>
internal readonly unsafe struct GrowthPlan
{
    private readonly Decoder decoder;
    private readonly GrowthMemory memory;
    private readonly GrowthRows rows;
    private readonly KeyValueCache cache;
    private readonly float* stream, normed, projected, mixed, branch, gateAndUp, inner;

    public GrowthPlan(Decoder decoder, GrowthMemory memory, GrowthRows rows, KeyValueCache cache)
    {
        (this.decoder, this.memory, this.rows, this.cache) = (decoder, memory, rows, cache);
        var (config, count) = (decoder.Config, rows.Count);
        stream = memory.Numbers.Take(count * config.Width);
        normed = memory.Numbers.Take(count * config.Width);
        projected = memory.Numbers.Take(count * (config.Heads + 2 * config.KeyValueHeads) * config.HeadSize);
        mixed = memory.Numbers.Take(count * config.Heads * config.HeadSize);
        branch = memory.Numbers.Take(count * config.Width);
        gateAndUp = memory.Numbers.Take(count * 2 * config.InnerWidth);
        inner = memory.Numbers.Take(count * config.InnerWidth);
    }

    /// <summary>[N, D]: the normed stream, which the head is multiplied with in the end.</summary>
    public float* Normed => normed;

    /// <summary>The end of a branch, whose result joins the stream.</summary>
    /// <param name="next">The norm of the stream for what comes next.</param>
    public GrowthJoin Join(Norm? branchNorm, Weight? bias, Norm next) => new()
    {
        Rounds = rows.Rounds, Stream = stream, Branch = branch, Normed = normed, Bias = AddressOf(bias), BranchNorm = AddressOf(branchNorm?.Weight),
        StreamNorm = AddressOf(next.Weight), Width = decoder.Config.Width, Epsilon = (float)decoder.Config.NormEpsilon, NormOffset = NormOffset,
    };

    /// <param name="next">The norm behind the layer: the next one's first, or the final one.</param>
    /// <param name="slots">[N], pinned.</param>
    /// <param name="lengths">[N], pinned.</param>
    /// <returns>Whether the kernels know how this layer stands in memory.</returns>
    public bool TryMake(DecoderLayer layer, int index, Norm next, int* slots, int* lengths, GrowthLayer* made)
    {
        *made = default;
        var config = decoder.Config;
        if (!GrowthProducts.TryMake(memory, layer.Attention.Inputs, rows, normed, projected, out made->AttentionInputs) ||
            !GrowthProducts.TryMake(memory, [layer.Attention.Output], rows, mixed, branch, out made->AttentionOutput) ||
            !GrowthProducts.TryMake(memory, layer.FeedForward.Inputs, rows, normed, gateAndUp, out made->GateAndUp) ||
            !GrowthProducts.TryMake(memory, [layer.FeedForward.Down], rows, inner, branch, out made->Down)) return false;
        made->Attention = Attention(layer.Attention, index, slots, lengths);
        made->Activation = config.Activation;
        made->Gate = new GrowthGate<SiluGate>
        {
            Gate = gateAndUp, Up = gateAndUp + (config.FusedProjections ? 1 : rows.Count) * config.InnerWidth,
            Stride = (config.FusedProjections ? 2 : 1) * config.InnerWidth, Y = inner, Width = config.InnerWidth, Rounds = rows.Rounds,
        };
        made->AfterAttention = Join(layer.AttentionBranchNorm, layer.Attention.Output.Bias, layer.FeedForwardNorm);
        made->AfterFeedForward = Join(layer.FeedForwardBranchNorm, layer.FeedForward.Down.Bias, next);
        return true;
    }

    private float NormOffset => decoder.Config.NormsAddOne ? 1 : 0;

    private GrowthAttention Attention(Attention attention, int index, int* slots, int* lengths)
    {
        var config = decoder.Config;
        var (wide, narrow, isFused) = (config.Heads * config.HeadSize, config.KeyValueHeads * config.HeadSize, config.FusedProjections);
        var table = config.Slides(index) ? decoder.Rotary.Local : decoder.Rotary.Full;
        var (cosines, sines) = table.Addresses(cache.LongestRow + 1);
        return new GrowthAttention
        {
            Queries = projected, Keys = projected + (isFused ? 1 : rows.Count) * wide, Values = projected + (isFused ? 1 : rows.Count) * (wide + narrow),
            QueryStride = isFused ? wide + 2 * narrow : wide, KeyStride = isFused ? wide + 2 * narrow : narrow,
            ValueStride = isFused ? wide + 2 * narrow : narrow,
            QueryBias = Bias(0, 0), KeyBias = Bias(1, wide), ValueBias = Bias(2, wide + narrow),
            QueryNorm = AddressOf(attention.QueryNorm?.Weight), KeyNorm = AddressOf(attention.KeyNorm?.Weight),
            Epsilon = (float)config.NormEpsilon, NormOffset = NormOffset, Rounds = rows.Rounds,
            Cosines = (float*)cosines, Sines = (float*)sines, RotarySize = table.Size,
            Attention = new CachedAttentionKernel
            {
                Q = new HeadedVectors<float>(projected, isFused ? wide + 2 * narrow : wide, config.HeadSize, 0),
                K = cache.KeysOf(index), V = cache.ValuesOf(index), Output = new HeadedVectors<float>(mixed, wide, config.HeadSize, 0),
                Slots = slots, Lengths = lengths, Groups = config.KeyValueHeads, HeadsPerGroup = config.Heads / config.KeyValueHeads, Times = 1,
                Width = config.HeadSize, Window = config.Slides(index) ? config.Window!.Value : int.MaxValue, Scale = (float)config.AttentionScale,
                SoftCap = (float)(config.AttentionSoftCap ?? 0),
            },
        };

        float* Bias(int product, int offset) => isFused
            ? attention.Inputs[0].Bias is { } all ? AddressOf(all) + offset : null
            : AddressOf(attention.Inputs[product].Bias);
    }

    private static float* AddressOf(Weight? vector) => vector is null ? null : vector.Numbers;
}
