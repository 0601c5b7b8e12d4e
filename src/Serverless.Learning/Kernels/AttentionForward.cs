using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using static System.Runtime.Intrinsics.Vector512;

namespace Serverless.Learning.Kernels;

/// <summary>
/// Softmax attention over a block of queries at a time, never the whole [T, T] of scores (Dao et al. 2022, with whole rows of scores
/// instead of running sums: at the context lengths of this project they fit the cache). Keys that a query cannot see cost nothing.
/// </summary>
internal unsafe struct AttentionForward : ISlicedKernel
{
    public AttentionOperands Shared;
    public HeadedVectors<float> Output;

    /// <param name="slice">Example, group and block of queries.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int slice)
    {
        var (unit, block) = Math.DivRem(slice, Shared.Blocks);
        var (batch, group) = Math.DivRem(unit, Shared.Groups);
        var first = block * AttentionOperands.Block;
        var rows = Math.Min(AttentionOperands.Block, Shared.Times - first);
        var (from, to) = Shared.Columns(batch, first, first + rows - 1);
        var width = to - from;
        var scores = (float*)NativeMemory.AlignedAlloc((nuint)(AttentionOperands.Block * width * sizeof(float)), 64);
        var keys = Shared.KeysByColumn + ((long)unit * Shared.Width * Shared.Pitch) + from;
        for (var inGroup = 0; inGroup < Shared.HeadsPerGroup; inGroup++)
        {
            var head = group * Shared.HeadsPerGroup + inGroup;
            for (var row = 0; row < rows; row += 4)
            {
                var count = Math.Min(4, rows - row);
                var reach = Shared.Columns(batch, first + row, first + row + count - 1);
                var (left, right) = (reach.From - from, reach.To - from);
                var query = first + row;
                var p = scores + row * width;
                MatrixTile.Multiply(
                    count, right - left, Shared.Width, Shared.Q.At(batch, head, query), Shared.Q.TimeStride, 1, keys + left, Shared.Pitch, p + left, width, add: false);
                for (var i = 0; i < count; i++) Softmax(p + i * width, batch, head, query + i, from, left, right);
                var output = Output.At(batch, head, query);
                // Rows of V beyond the last position do not exist; their probabilities are zero.
                var depth = Math.Min(reach.To, Shared.Times) - reach.From;
                MatrixTile.Multiply(
                    count, Shared.Width, depth, p + left, width, 1, Shared.V.At(batch, group, reach.From), Shared.V.TimeStride, output, Output.TimeStride, add: false);
            }
        }
        NativeMemory.AlignedFree(scores);
    }

    /// <summary>Probabilities in place of scores in the columns left..right, zero where the query does not see.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Softmax(float* scores, int batch, int head, int query, int from, int left, int right)
    {
        var start = Shared.Starts[batch * Shared.Times + query] - from;
        var end = query + 1 - from;
        new Span<float>(scores + left, start - left).Fill(float.NegativeInfinity);
        new Span<float>(scores + end, right - end).Fill(float.NegativeInfinity);

        var largest = Create(float.NegativeInfinity);
        for (var i = left; i < right; i += 16) largest = Max(largest, Load(scores + i));
        var maximum = LaneMaximum.Of(largest) * Shared.Scale;
        var sum = Vector512<float>.Zero;
        for (var i = left; i < right; i += 16)
        {
            var e = VectorMath.Exp(Load(scores + i) * Create(Shared.Scale) - Create(maximum));
            e.Store(scores + i);
            sum += e;
        }
        var total = Sum(sum);
        var inverse = Create(1 / total);
        for (var i = left; i < right; i += 16) (Load(scores + i) * inverse).Store(scores + i);
        Shared.LogSums[((long)batch * Shared.Groups * Shared.HeadsPerGroup + head) * Shared.Times + query] = maximum + MathF.Log(total);
    }
}
