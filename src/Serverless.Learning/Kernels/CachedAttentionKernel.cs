using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using static System.Runtime.Intrinsics.Vector512;

namespace Serverless.Learning.Kernels;

/// <summary>Softmax attention of a few new tokens over the keys in their row's slot, one query at a time.</summary>
internal unsafe struct CachedAttentionKernel : ISlicedKernel
{
    public HeadedVectors<float> Q, K, V, Output;
    public int* Slots, Lengths;
    public int Groups, HeadsPerGroup, Times, Width, Window;
    public float Scale, SoftCap;

    /// <param name="slice">Row and group.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int slice)
    {
        var (row, group) = Math.DivRem(slice, Groups);
        var (slot, length) = (Slots[row], Lengths[row]);
        var scores = (float*)NativeMemory.AlignedAlloc((nuint)(((length + Times + 15) & ~15) * sizeof(float)), 64);
        for (var time = 0; time < Times; time++)
        {
            var end = length + time + 1;
            var start = Math.Max(0, end - Window);
            var count = end - start;
            for (var head = group * HeadsPerGroup; head < (group + 1) * HeadsPerGroup; head++)
            {
                Products(Q.At(row, head, time), K.At(slot, group, start), count, scores);
                Softmax(scores, count);
                if (AttentionVectors.AreKnown) AttentionVectors.Mix(scores, V.At(slot, group, start), V.TimeStride, Width, count, Output.At(row, head, time));
                else MatrixTile.Multiply(1, Width, count, scores, 0, 1, V.At(slot, group, start), V.TimeStride, Output.At(row, head, time), 0, add: false);
            }
        }
        NativeMemory.AlignedFree(scores);
    }

    /// <summary>The scaled, perhaps capped scores of a query, and minus infinity up to the next multiple of 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Products(float* query, float* keys, int count, float* scores)
    {
        if (AttentionVectors.AreKnown)
        {
            AttentionVectors.Scores(query, keys, K.TimeStride, Width, count, Scale, scores);
            Cap(scores, count, 1);
            return;
        }
        var (stride, at) = (K.TimeStride, 0);
        for (; at <= count - 4; at += 4, keys += 4 * stride)
        {
            var (first, second, third, fourth) = (Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero);
            for (var i = 0; i < Width; i += 16)
            {
                var part = Load(query + i);
                first = FusedMultiplyAdd(part, Load(keys + i), first);
                second = FusedMultiplyAdd(part, Load(keys + stride + i), second);
                third = FusedMultiplyAdd(part, Load(keys + 2 * stride + i), third);
                fourth = FusedMultiplyAdd(part, Load(keys + 3 * stride + i), fourth);
            }
            (scores[at], scores[at + 1], scores[at + 2], scores[at + 3]) = (Sum(first), Sum(second), Sum(third), Sum(fourth));
        }
        for (; at < count; at++, keys += stride)
        {
            var sum = Vector512<float>.Zero;
            for (var i = 0; i < Width; i += 16) sum = FusedMultiplyAdd(Load(query + i), Load(keys + i), sum);
            scores[at] = Sum(sum);
        }
        Cap(scores, count, Scale);
    }

    private readonly void Cap(float* scores, int count, float scale)
    {
        if (SoftCap > 0) for (var i = 0; i < count; i++) scores[i] = SoftCap * MathF.Tanh(scores[i] * scale / SoftCap);
        else if (scale != 1) for (var i = 0; i < count; i++) scores[i] *= scale;
        new Span<float>(scores + count, -count & 15).Fill(float.NegativeInfinity);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Softmax(float* scores, int count)
    {
        var largest = Create(float.NegativeInfinity);
        for (var i = 0; i < count; i += 16) largest = Max(largest, Load(scores + i));
        var maximum = Create(LaneMaximum.Of(largest));
        var sum = Vector512<float>.Zero;
        for (var i = 0; i < count; i += 16)
        {
            var e = VectorMath.Exp(Load(scores + i) - maximum);
            e.Store(scores + i);
            sum += e;
        }
        var inverse = Create(1 / Sum(sum));
        for (var i = 0; i < count; i += 16) (Load(scores + i) * inverse).Store(scores + i);
    }
}

/// <summary>Copies the vectors of new tokens behind those that their rows have.</summary>
internal unsafe struct StoreRowsKernel : ISlicedKernel
{
    public HeadedVectors<float> Source, Target;
    public int* Slots, Lengths;
    public int Groups, Times, Width;

    /// <param name="slice">The row.</param>
    public readonly void Run(int slice)
    {
        for (var group = 0; group < Groups; group++)
            for (var time = 0; time < Times; time++)
                Buffer.MemoryCopy(Source.At(slice, group, time), Target.At(Slots[slice], group, Lengths[slice] + time), Width * sizeof(float), Width * sizeof(float));
    }
}
