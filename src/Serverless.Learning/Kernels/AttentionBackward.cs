using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using static System.Runtime.Intrinsics.Vector512;

namespace Serverless.Learning.Kernels;

/// <summary>
/// Gradients of attention; probabilities are computed again from the scores and their saved log-sums. With g the gradient of the
/// output O: dV = P^T g, dP = g V^T, dS = scale P (dP - rowsum(P dP)), dQ = dS K, dK = dS^T Q. A slice owns one example and group.
/// </summary>
internal unsafe struct AttentionBackward : ISlicedKernel
{
    public AttentionOperands Shared;
    public HeadedVectors<float> Gradient, DQ, DK, DV;

    /// <summary>Values transposed: [B, K, Dh, Pitch], zero behind T.</summary>
    public float* ValuesByColumn;

    /// <param name="slice">Example and group.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int slice)
    {
        var (batch, group) = Math.DivRem(slice, Shared.Groups);
        for (var time = 0; time < Shared.Times; time++)
        {
            new Span<float>(DK.At(batch, group, time), Shared.Width).Clear();
            new Span<float>(DV.At(batch, group, time), Shared.Width).Clear();
        }
        var size = (nuint)(AttentionOperands.Block * Shared.Pitch * sizeof(float));
        var p = (float*)NativeMemory.AlignedAlloc(size, 64);
        var ds = (float*)NativeMemory.AlignedAlloc(size, 64);
        for (var first = 0; first < Shared.Times; first += AttentionOperands.Block)
        {
            for (var inGroup = 0; inGroup < Shared.HeadsPerGroup; inGroup++)
                RunBlock(batch, group, group * Shared.HeadsPerGroup + inGroup, first, p, ds);
        }
        NativeMemory.AlignedFree(p);
        NativeMemory.AlignedFree(ds);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void RunBlock(int batch, int group, int head, int first, float* p, float* ds)
    {
        var (width, pitch) = (Shared.Width, Shared.Pitch);
        var rows = Math.Min(AttentionOperands.Block, Shared.Times - first);
        var (from, to) = Shared.Columns(batch, first, first + rows - 1);
        var columns = to - from;
        var unit = (long)(batch * Shared.Groups + group) * width * pitch + from;
        for (var row = 0; row < rows; row += 4)
        {
            var (query, count) = (first + row, Math.Min(4, rows - row));
            var reach = Shared.Columns(batch, query, query + count - 1);
            var (left, right) = (reach.From - from, reach.To - from);
            var pRow = p + row * columns;
            var dsRow = ds + row * columns;
            MatrixTile.Multiply(
                count, right - left, width, Shared.Q.At(batch, head, query), Shared.Q.TimeStride, 1,
                Shared.KeysByColumn + unit + left, pitch, pRow + left, columns, add: false);
            MatrixTile.Multiply(
                count, right - left, width, Gradient.At(batch, head, query), Gradient.TimeStride, 1,
                ValuesByColumn + unit + left, pitch, dsRow + left, columns, add: false);
            for (var i = 0; i < count; i++) ScoreGradients(pRow + i * columns, dsRow + i * columns, batch, head, query + i, from, columns);
            var depth = Math.Min(reach.To, Shared.Times) - reach.From;
            MatrixTile.Multiply(
                count, width, depth, dsRow + left, columns, 1,
                Shared.K.At(batch, group, reach.From), Shared.K.TimeStride, DQ.At(batch, head, query), DQ.TimeStride, add: false);
        }
        var keys = Math.Min(to, Shared.Times) - from;
        MatrixTile.Multiply(
            keys, width, rows, ds, 1, columns, Shared.Q.At(batch, head, first), Shared.Q.TimeStride, DK.At(batch, group, from), DK.TimeStride, add: true);
        MatrixTile.Multiply(
            keys, width, rows, p, 1, columns, Gradient.At(batch, head, first), Gradient.TimeStride, DV.At(batch, group, from), DV.TimeStride, add: true);
    }

    /// <summary>
    /// From scores and dP of one query to probabilities and dS, zero in every column of the block that the query does not see.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void ScoreGradients(float* scores, float* ds, int batch, int head, int query, int from, int columns)
    {
        var start = Shared.Starts[batch * Shared.Times + query] - from;
        var end = query + 1 - from;
        var (left, right) = (start & ~15, (end + 15) & ~15);
        var logSum = Create(Shared.LogSums[((long)batch * Shared.Groups * Shared.HeadsPerGroup + head) * Shared.Times + query]);
        var scale = Create(Shared.Scale);
        new Span<float>(scores + left, start - left).Fill(float.NegativeInfinity);
        new Span<float>(scores + end, right - end).Fill(float.NegativeInfinity);
        var sum = Vector512<float>.Zero;
        for (var i = left; i < right; i += 16)
        {
            var p = VectorMath.Exp(Load(scores + i) * scale - logSum);
            p.Store(scores + i);
            sum = FusedMultiplyAdd(p, Load(ds + i), sum);
        }
        var delta = Create(Sum(sum));
        for (var i = left; i < right; i += 16) (Load(scores + i) * (Load(ds + i) - delta) * scale).Store(ds + i);
        new Span<float>(scores, left).Clear();
        new Span<float>(scores + right, columns - right).Clear();
        new Span<float>(ds, left).Clear();
        new Span<float>(ds + right, columns - right).Clear();
    }
}
