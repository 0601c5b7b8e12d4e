using Serverless.Learning.Adapters;
using Serverless.Learning.Kernels;
using Serverless.Learning.Native;
using static TorchSharp.torch;

namespace Serverless.Learning.Models.Growth;

/// <summary>
/// A token of each of N rows through the whole decoder in one run of the thread team, without a tensor or a fork for each operation. It has the bits
/// of <see cref="Decoder.Hidden"/>. What it does not know, and <see cref="Decoder.Hidden"/> computes: other operations than the fused
/// ones, more than <see cref="Fused.FewRows"/> rows, heads whose width is no multiple of 16, products of one input
/// whose matrices stand in memory in several ways, matrices in NF4, and adapters with magnitudes (DoRA). Not thread-safe.
/// </summary>
internal sealed unsafe class GrowthStep(Decoder decoder, IReadOnlyList<DecoderLayer> layers, Weight embedding, Norm finalNorm) : ITeamSequence
{
    private readonly GrowthMemory memory = new();
    private int rows;
    private int* ids;
    private GrowthJoin first;
    private GrowthLayer* planned;
    private GrowthProducts head;

    /// <inheritdoc/>
    public int Kernels => 1 + layers.Count * GrowthLayer.MostKernels + GrowthProducts.MostKernels;

    /// <summary>Appends a token to each row of the cache.</summary>
    /// <param name="tokens">N token ids, one for each row.</param>
    /// <param name="adapters">See <see cref="Decoder.Hidden"/>.</param>
    /// <param name="into">[N, V]: the head's products.</param>
    /// <returns>Whether it was done; false, with nothing appended, where something is not known here.</returns>
    public bool TryMultiply(ReadOnlySpan<int> tokens, KeyValueCache cache, IReadOnlyList<LoraAdapter?>? adapters, Span<float> into)
    {
        var config = decoder.Config;
        if (NativeRuntime.KernelPath != KernelPath.Fused || tokens.Length > Fused.FewRows ||
            config.HeadSize % 16 != 0 || embedding.Factor is null) return false;
        if (tokens.Length != cache.Rows) throw new ArgumentException($"{tokens.Length} tokens for {cache.Rows} rows", nameof(tokens));
        foreach (var id in tokens) ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)id, (uint)config.VocabularySize, nameof(tokens));
        if (into.Length != tokens.Length * config.VocabularySize) throw new ArgumentException($"{into.Length} places for the products of {tokens.Length} rows", nameof(into));
        cache.Reserve(1);
        fixed (int* ids = tokens, slots = cache.RowSlots, lengths = cache.RowLengths)
        fixed (float* products = into)
        {
            if (!TryPlan(new GrowthRows(tokens.Length, decoder.ComputeType == ScalarType.BFloat16, adapters), cache, slots, lengths, products)) return false;
            this.ids = ids;
            rows = tokens.Length;
            ThreadTeam.Run(this, head.Threads);
        }
        cache.Advance(1);
        return true;
    }

    /// <inheritdoc/>
    public void Run(ref TeamShare share)
    {
        switch (embedding.Factor!.Dtype)
        {
            case ScalarType.BFloat16: share.Do(rows, First<Bf16>()); break;
            case ScalarType.Int8: share.Do(rows, First<Code8>()); break;
            default: share.Do(rows, First<Fp32>()); break;
        }
        for (var index = 0; index < layers.Count; index++) planned[index].Do(ref share, rows);
        head.Do(ref share);
    }

    private bool TryPlan(GrowthRows of, KeyValueCache cache, int* slots, int* lengths, float* products)
    {
        memory.Reset();
        var plan = new GrowthPlan(decoder, memory, of, cache);
        planned = memory.Layers.Take(layers.Count);
        for (var index = 0; index < layers.Count; index++)
        {
            var next = index + 1 < layers.Count ? layers[index + 1].AttentionNorm : finalNorm;
            if (!plan.TryMake(layers[index], index, next, slots, lengths, planned + index)) return false;
        }
        first = plan.Join(null, null, layers.Count > 0 ? layers[0].AttentionNorm : finalNorm);
        return GrowthProducts.TryMake(memory, decoder.Head, of, plan.Normed, products, out head);
    }

    private GrowthEmbedding<T> First<T>()
        where T : unmanaged, IFactor<T> => new()
        {
            Embedding = (T*)embedding.Factor!.Address, Scales = embedding.Factor.ScaleAddress, Ids = ids,
            Factor = decoder.Config.ScaledEmbedding ? (float)Math.Sqrt(decoder.Config.Width) : 1, Join = first,
        };
}
