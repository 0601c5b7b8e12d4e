using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Serverless.Learning.Native;
using static System.Runtime.Intrinsics.Vector512;

namespace Serverless.Learning.Kernels;

/// <summary>
/// <see cref="AttentionForward"/> in bfloat16: scores are summed in float32, probabilities are rounded to bfloat16 before they meet the
/// values, and the weighted sums of those are float32 until they are complete.
/// </summary>
internal unsafe struct BlockAttentionForward : ISlicedKernel
{
    private const int Side = BlockAttentionOperands.Side;

    public BlockAttentionOperands Shared;
    public HeadedVectors<Bf16> Output;

    /// <summary>See <see cref="PackKeysAndValues"/>.</summary>
    public Bf16* Keys, Values;

    /// <param name="slice">Example, group and tile of queries.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int slice)
    {
        var (unit, tile) = Math.DivRem(slice, Shared.Tiles);
        var (batch, group) = Math.DivRem(unit, Shared.Groups);
        var (first, rows, from) = (tile * Side, Shared.RowsOf(tile), Shared.FirstTile(batch, tile));
        var width = (tile + 1 - from) * Side;
        var memory = (byte*)NativeMemory.AlignedAlloc((nuint)(Side * (width * (sizeof(float) + sizeof(Bf16)) + Shared.Width * (sizeof(float) + sizeof(Bf16)))), 64);
        var scores = (float*)memory;
        var sums = scores + Side * width;
        var p = (Bf16*)(sums + Side * Shared.Width);
        var queries = p + Side * width;
        for (var inGroup = 0; inGroup < Shared.HeadsPerGroup; inGroup++)
        {
            var head = group * Shared.HeadsPerGroup + inGroup;
            BlockPacking.Copy(Shared.Q.At(batch, head, first), Shared.Q.TimeStride, rows, Shared.Width, queries);
            for (var at = from; at <= tile; at++)
            {
                BlockProduct.Multiply(
                    Side, Side, Shared.Width, queries, Shared.Width, Keys + ((long)unit * Shared.Tiles + at) * Shared.TileNumbers,
                    scores + (at - from) * Side, width, add: false);
            }
            for (var row = 0; row < rows; row++) Softmax(scores + row * width, p + row * width, batch, head, first + row, from * Side, width);
            new Span<Bf16>(p + rows * width, (Side - rows) * width).Clear();
            for (var at = from; at <= tile; at++)
            {
                BlockProduct.Multiply(
                    Side, Shared.Width, Side, p + (at - from) * Side, width, Values + ((long)unit * Shared.Tiles + at) * Shared.TileNumbers,
                    sums, Shared.Width, add: at > from);
            }
            for (var row = 0; row < rows; row++) BlockPacking.Round(sums + row * Shared.Width, Shared.Width, Output.At(batch, head, first + row));
        }
        BlockProduct.Release();
        NativeMemory.AlignedFree(memory);
    }

    /// <summary>Probabilities of the scores of the keys from <paramref name="from"/> on, zero where the query does not see.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Softmax(float* scores, Bf16* p, int batch, int head, int query, int from, int width)
    {
        var start = Shared.Starts[batch * Shared.Times + query] - from;
        var end = query + 1 - from;
        var (left, right) = (start & ~15, (end + 15) & ~15);
        new Span<float>(scores + left, start - left).Fill(float.NegativeInfinity);
        new Span<float>(scores + end, right - end).Fill(float.NegativeInfinity);

        var largest = Create(float.NegativeInfinity);
        for (var i = left; i < right; i += 16) largest = Max(largest, Load(scores + i));
        var (scale, maximum) = (Create(Shared.Scale), LaneMaximum.Of(largest) * Shared.Scale);
        var sum = Vector512<float>.Zero;
        for (var i = left; i < right; i += 16)
        {
            var e = VectorMath.Exp(Load(scores + i) * scale - Create(maximum));
            e.Store(scores + i);
            sum += e;
        }
        var total = Sum(sum);
        var inverse = Create(1 / total);
        new Span<Bf16>(p, left).Clear();
        for (var i = left; i < right; i += 16) Bf16.Store(Load(scores + i) * inverse, p + i);
        new Span<Bf16>(p + right, width - right).Clear();
        Shared.LogSumsOf(batch, head)[query] = maximum + MathF.Log(total);
    }
}
