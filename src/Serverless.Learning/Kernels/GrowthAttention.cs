using System.Runtime.CompilerServices;

namespace Serverless.Learning.Kernels;

/// <summary>
/// What a layer does between its query, key and value products and its output product, for one token of each of N rows: biases, norms and
/// rotation of queries and keys, the cache, and attention over it.
/// </summary>
internal unsafe struct GrowthAttention : ISlicedKernel
{
    /// <summary>Attends, once queries are turned and keys and values are stored.</summary>
    public CachedAttentionKernel Attention;

    /// <summary>[N, H * Dh] and [N, K * Dh] twice, of these strides; changed in place.</summary>
    public float* Queries, Keys, Values;
    public nint QueryStride, KeyStride, ValueStride;

    /// <summary>A bias of each, or null.</summary>
    public float* QueryBias, KeyBias, ValueBias;

    /// <summary>[Dh]: the weights of the norms, or null.</summary>
    public float* QueryNorm, KeyNorm;
    public float Epsilon, NormOffset;

    /// <summary>[positions, R], of all positions up to the rows' own.</summary>
    public float* Cosines, Sines;

    /// <summary>R, the channels that turn.</summary>
    public int RotarySize;

    /// <summary>Whether what is computed counts as bfloat16; scores and their softmax never do.</summary>
    public bool Rounds;

    /// <param name="slice">Row and group.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int slice)
    {
        var (row, group) = Math.DivRem(slice, Attention.Groups);
        var (slot, length, width) = (Attention.Slots[row], Attention.Lengths[row], Attention.Width);
        var angle = (nint)length * RotarySize;
        for (var head = group * Attention.HeadsPerGroup; head < (group + 1) * Attention.HeadsPerGroup; head++)
            Turn(Queries + row * QueryStride + head * width, At(QueryBias, head), QueryNorm, angle);
        var key = Keys + row * KeyStride + group * width;
        Turn(key, At(KeyBias, group), KeyNorm, angle);
        Buffer.MemoryCopy(key, Attention.K.At(slot, group, length), width * sizeof(float), width * sizeof(float));
        var value = Values + row * ValueStride + group * width;
        if (ValueBias != null) GrowthVector.AddBias(value, At(ValueBias, group), width, Rounds);
        Buffer.MemoryCopy(value, Attention.V.At(slot, group, length), width * sizeof(float), width * sizeof(float));
        Attention.Run(slice);
        if (!Rounds) return;
        for (var head = group * Attention.HeadsPerGroup; head < (group + 1) * Attention.HeadsPerGroup; head++)
            GrowthVector.Round(Attention.Output.At(row, head, 0), width);
    }

    private readonly float* At(float* bias, int head) => bias == null ? null : bias + head * Attention.Width;

    private readonly void Turn(float* vector, float* bias, float* norm, nint angle)
    {
        var width = Attention.Width;
        if (bias != null) GrowthVector.AddBias(vector, bias, width, Rounds);
        if (norm != null) GrowthVector.Norm(vector, vector, norm, NormOffset, Epsilon, width, Rounds);
        RotaryVector.Rotate((Fp32*)vector, (Fp32*)vector, Cosines + angle, Sines + angle, RotarySize, width, 1);
        if (Rounds) GrowthVector.Round(vector, RotarySize);
    }
}
