using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Serverless.Learning.Kernels;

/// <summary>Lays a tile of vectors out as a factor of <see cref="Native.BlockProduct"/>. Positions that do not exist become zeros.</summary>
internal static unsafe class BlockPacking
{
    private const int Side = BlockAttentionOperands.Side;

    /// <summary>The vectors as rows of a second factor: [Side / 2, width, 2].</summary>
    /// <param name="from">[rows, width] with <paramref name="stride"/> numbers from one to the next; rows at most Side, width a multiple of 16.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows(Bf16* from, nint stride, int rows, int width, Bf16* to)
    {
        for (var row = 0; row < Side; row += 2, to += 2 * width)
        {
            var even = from + row * stride;
            var odd = even + stride;
            for (var i = 0; i < width; i += 16)
            {
                var first = row < rows ? Bf16.Load(even + i).AsUInt32() >>> 16 : default;
                var second = row + 1 < rows ? Bf16.Load(odd + i).AsUInt32() : default;
                (first | second).Store((uint*)to + i);
            }
        }
    }

    /// <summary>The vectors as columns of a second factor: [width / 2, Side, 2].</summary>
    /// <param name="from">As in <see cref="Rows"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Columns(Bf16* from, nint stride, int rows, int width, Bf16* to)
    {
        var pairs = (uint*)to;
        for (var start = 0; start < Side; start += 16)
        {
            for (var row = start; row < start + 16; row++)
            {
                var source = (uint*)(from + row * stride);
                if (row < rows)
                {
                    for (var i = 0; i < width / 2; i++) pairs[i * Side + row] = source[i];
                }
                else
                {
                    for (var i = 0; i < width / 2; i++) pairs[i * Side + row] = 0;
                }
            }
        }
    }

    /// <summary>The vectors as columns of a first factor: [width, Side].</summary>
    /// <param name="from">As in <see cref="Rows"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transposed(Bf16* from, nint stride, int rows, int width, Bf16* to)
    {
        for (var row = 0; row < Side; row++)
        {
            for (var i = 0; i < width; i++) to[i * Side + row] = row < rows ? from[row * stride + i] : default;
        }
    }

    /// <summary>The vectors one behind the other: [Side, width].</summary>
    /// <param name="from">As in <see cref="Rows"/>.</param>
    public static void Copy(Bf16* from, nint stride, int rows, int width, Bf16* to)
    {
        for (var row = 0; row < rows; row++) new Span<Bf16>(from + row * stride, width).CopyTo(new Span<Bf16>(to + row * width, width));
        new Span<Bf16>(to + rows * width, (Side - rows) * width).Clear();
    }

    /// <summary>A row of sums, rounded.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Round(float* from, int width, Bf16* to)
    {
        for (var i = 0; i < width; i += 16) Bf16.Store(Vector512.Load(from + i), to + i);
    }

    /// <summary>Two rows of numbers, rounded and interleaved: [width, 2].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePairs(Vector512<float> even, Vector512<float> odd, Bf16* to) =>
        ((Bf16.Rounded(even).AsUInt32() >>> 16) | (Bf16.Rounded(odd).AsUInt32() & Vector512.Create(0xffff0000u))).Store((uint*)to);
}
