using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Serverless.Learning.Kernels;

/// <summary>
/// A block of <see cref="RowProductKernel{T}"/> for several rows of X on processors with AVX-512: its rows of W are widened to float32 once,
/// and then multiplied two at a time, the eight sums of one beside the eight of the other. Every result has the bits that it has without.
/// </summary>
internal readonly unsafe struct WideBlock
{
    private const int BlockRows = RowProductKernel<Fp32>.BlockRows;
    private const int Lanes = 8;

    /// <summary>Eight numbers of the first row, eight of the second, and so on, then the next eight of the first.</summary>
    private readonly float* numbers;

    private WideBlock(float* numbers) => this.numbers = numbers;

    /// <summary>Whether the processor has the instructions, and rows of X are so many that it pays: of what is widened more than of what is only moved.</summary>
    /// <param name="size">Bytes of a number of W.</param>
    public static bool Pays(int rows, int size) => IsKnown && rows >= (size < sizeof(float) ? 4 : 8);

    private static bool IsKnown => Avx512DQ.IsSupported && Vector512.IsHardwareAccelerated;

    /// <summary>Whether rows of this width can be multiplied.</summary>
    public static bool Takes(int width) => width % Lanes == 0;

    /// <summary>Memory for a block; to be freed.</summary>
    public static float* NewMemory(int width) => (float*)NativeMemory.AlignedAlloc((nuint)(BlockRows * width * sizeof(float)), 64);

    /// <param name="w">[count, width].</param>
    /// <param name="count">Rows of W, at most <see cref="BlockRows"/>.</param>
    /// <param name="fetchedAhead">How far behind the block its processor is asked to fetch, in bytes.</param>
    /// <param name="memory">Where the block stands from now on.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static WideBlock Of<T>(T* w, int count, int width, int fetchedAhead, float* memory)
        where T : unmanaged, IFactor<T>
    {
        // Where there are fewer rows, the last stands for those that are missing.
        T* w1 = w + Math.Min(1, count - 1) * (nint)width, w2 = w + Math.Min(2, count - 1) * (nint)width, w3 = w + Math.Min(3, count - 1) * (nint)width;
        T* w4 = w + Math.Min(4, count - 1) * (nint)width, w5 = w + Math.Min(5, count - 1) * (nint)width;
        var ahead = (byte*)(w5 + width) + fetchedAhead;
        var to = memory;
        for (nint i = 0; i < width; i += Lanes, to += BlockRows * Lanes, ahead += BlockRows * Lanes * sizeof(T))
        {
            Sse.Prefetch0(ahead);
            if (sizeof(T) > 1) Sse.Prefetch0(ahead + 64);
            if (sizeof(T) > 2) Sse.Prefetch0(ahead + 128);
            T.LoadEight(w + i).Store(to);
            T.LoadEight(w1 + i).Store(to + Lanes);
            T.LoadEight(w2 + i).Store(to + 2 * Lanes);
            T.LoadEight(w3 + i).Store(to + 3 * Lanes);
            T.LoadEight(w4 + i).Store(to + 4 * Lanes);
            T.LoadEight(w5 + i).Store(to + 5 * Lanes);
        }
        return new WideBlock(memory);
    }

    /// <summary>Puts the products of all rows of X and the block's rows in their places.</summary>
    /// <param name="output">The block's first output.</param>
    /// <param name="count">The block's rows.</param>
    public void Multiply(RowProductPart* part, long output, int count, int rows)
    {
        var row = 0;
        for (; row <= rows - 4; row += 4) ByFour(part, output, count, row);
        for (; row < rows; row++) ByOne(part, output, count, row);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ByFour(RowProductPart* part, long output, int count, int row)
    {
        var width = part->Width;
        float* w = numbers, x0 = part->X + (nint)row * width, x1 = x0 + width, x2 = x1 + width, x3 = x2 + width;
        Vector512<float> a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3;
        a0 = a1 = a2 = a3 = b0 = b1 = b2 = b3 = c0 = c1 = c2 = c3 = Vector512<float>.Zero;
        for (nint i = 0; i < width; i += Lanes, w += BlockRows * Lanes)
        {
            var (a, b, c) = (Vector512.Load(w), Vector512.Load(w + 2 * Lanes), Vector512.Load(w + 4 * Lanes));
            var x = Avx512DQ.BroadcastVector256ToVector512(x0 + i);
            a0 = Vector512.FusedMultiplyAdd(a, x, a0);
            b0 = Vector512.FusedMultiplyAdd(b, x, b0);
            c0 = Vector512.FusedMultiplyAdd(c, x, c0);
            x = Avx512DQ.BroadcastVector256ToVector512(x1 + i);
            a1 = Vector512.FusedMultiplyAdd(a, x, a1);
            b1 = Vector512.FusedMultiplyAdd(b, x, b1);
            c1 = Vector512.FusedMultiplyAdd(c, x, c1);
            x = Avx512DQ.BroadcastVector256ToVector512(x2 + i);
            a2 = Vector512.FusedMultiplyAdd(a, x, a2);
            b2 = Vector512.FusedMultiplyAdd(b, x, b2);
            c2 = Vector512.FusedMultiplyAdd(c, x, c2);
            x = Avx512DQ.BroadcastVector256ToVector512(x3 + i);
            a3 = Vector512.FusedMultiplyAdd(a, x, a3);
            b3 = Vector512.FusedMultiplyAdd(b, x, b3);
            c3 = Vector512.FusedMultiplyAdd(c, x, c3);
        }
        // The sums of a row's six outputs, added in the order of Put but of four rows at once: in each quarter of a register those of one output.
        var (first, second) = (Neighbours(Quarters(a0, a1), Quarters(b0, b1)), Neighbours(Quarters(a2, a3), Quarters(b2, b3)));
        var (four, two) = (Neighbours(first, second), Neighbours(Quarters(c0, c1), Quarters(c2, c3)));
        two = Neighbours(two, two);
        var upper = Avx512F.PermuteVar16x32x2(four, Vector512.Create(0, 4, 1, 5, 16, 20, 0, 0, 8, 12, 9, 13, 24, 28, 0, 0), two);
        var lower = Avx512F.PermuteVar16x32x2(four, Vector512.Create(2, 6, 3, 7, 17, 21, 0, 0, 10, 14, 11, 15, 25, 29, 0, 0), two);
        Put(part, row, output, count, upper.GetLower());
        Put(part, row + 1, output, count, upper.GetUpper());
        Put(part, row + 2, output, count, lower.GetLower());
        Put(part, row + 3, output, count, lower.GetUpper());
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ByOne(RowProductPart* part, long output, int count, int row)
    {
        var width = part->Width;
        float* w = numbers, from = part->X + (nint)row * width;
        Vector512<float> a, b, c;
        a = b = c = Vector512<float>.Zero;
        for (nint i = 0; i < width; i += Lanes, w += BlockRows * Lanes)
        {
            var x = Avx512DQ.BroadcastVector256ToVector512(from + i);
            a = Vector512.FusedMultiplyAdd(Vector512.Load(w), x, a);
            b = Vector512.FusedMultiplyAdd(Vector512.Load(w + 2 * Lanes), x, b);
            c = Vector512.FusedMultiplyAdd(Vector512.Load(w + 4 * Lanes), x, c);
        }
        // In each half of a register the sums of one output, added as RowProductKernel adds them: halves, then neighbours, then those.
        var pairs = Avx.HorizontalAdd(Halves(a), Halves(b));
        var (last, order) = (Halves(c), Vector256.Create(0, 4, 1, 5, 2, 6, 2, 6));
        Put(part, row, output, count, Avx2.PermuteVar8x32(Avx.HorizontalAdd(pairs, Avx.HorizontalAdd(last, last)), order));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(RowProductPart* part, int row, long output, int count, Vector256<float> sums)
    {
        if (count == BlockRows)
        {
            part->PutSix(row, output, sums);
            return;
        }
        for (var i = 0; i < count; i++) part->Put(row, output + i, sums[i]);
    }

    /// <summary>The halves of each output's sums added, of two registers: four times four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Quarters(Vector512<float> first, Vector512<float> second) =>
        Avx512F.Shuffle4x128(first, second, 0x88) + Avx512F.Shuffle4x128(first, second, 0xdd);

    /// <summary>In each quarter, neighbours of the first and neighbours of the second added.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Neighbours(Vector512<float> first, Vector512<float> second) =>
        Avx512F.Shuffle(first, second, 0x88) + Avx512F.Shuffle(first, second, 0xdd);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Halves(Vector512<float> sums)
    {
        var (first, second) = (sums.GetLower(), sums.GetUpper());
        return Avx.Permute2x128(first, second, 0x20) + Avx.Permute2x128(first, second, 0x31);
    }
}
