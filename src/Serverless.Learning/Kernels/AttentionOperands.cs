using System.Runtime.CompilerServices;

namespace Serverless.Learning.Kernels;

/// <summary>
/// What the passes of attention share. Queries of <see cref="Groups"/> x <see cref="HeadsPerGroup"/> heads, keys and values of
/// <see cref="Groups"/>; documents are contiguous, so a query at t sees the keys from <see cref="Starts"/>[t] up to t.
/// </summary>
internal unsafe struct AttentionOperands
{
    /// <summary>Positions of queries that are worked on at a time: their scores stay in the second cache level.</summary>
    public const int Block = 32;

    public HeadedVectors<float> Q, K, V;

    /// <summary>[B, T]: the first key that a position sees.</summary>
    public int* Starts;

    /// <summary>[B, H, T]: log of the sum of exponentials of a query's scaled scores.</summary>
    public float* LogSums;

    /// <summary>Keys transposed: [B, K, Dh, Pitch], zero behind T.</summary>
    public float* KeysByColumn;

    public int Batch, Groups, HeadsPerGroup, Times, Width, Pitch;
    public float Scale;

    public readonly int Blocks => (Times + Block - 1) / Block;

    /// <summary>The columns that a block of queries reads, from a multiple of 16 to a multiple of 16.</summary>
    public readonly (int From, int To) Columns(int batch, int firstQuery, int lastQuery) =>
        (Starts[batch * Times + firstQuery] & ~15, (lastQuery + 16) & ~15);
}

/// <summary>Transposes [T, Dh] of each example and group into [Dh, Pitch], zero behind T.</summary>
internal unsafe struct TransposeHeads : ISlicedKernel
{
    public HeadedVectors<float> Source;
    public float* Target;
    public int Groups, Times, Width, Pitch;

    /// <param name="slice">Example and group.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int slice)
    {
        var (batch, group) = Math.DivRem(slice, Groups);
        var target = Target + (long)slice * Width * Pitch;
        for (var start = 0; start < Times; start += 16)
        {
            var end = Math.Min(start + 16, Times);
            for (var time = start; time < end; time++)
            {
                var source = Source.At(batch, group, time);
                for (var i = 0; i < Width; i++) target[(long)i * Pitch + time] = source[i];
            }
        }
        for (var i = 0; i < Width; i++) new Span<float>(target + (long)i * Pitch + Times, Pitch - Times).Clear();
    }
}
