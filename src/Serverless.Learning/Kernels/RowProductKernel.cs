using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using static System.Runtime.Intrinsics.Vector256;

namespace Serverless.Learning.Kernels;

/// <summary>
/// One product of a <see cref="RowProductKernel{T}"/>: Y[N, M] = X[N, D] W[M, D]^T, or scale times that added to Y; each result rounded to
/// bfloat16 where that is computed in, but kept in float32.
/// </summary>
internal unsafe struct RowProductPart
{
    public float* X, Y, Scales;
    public void* W;
    public long Outputs, FirstBlock;
    public int Width;
    public float Scale;
    public bool Adds, Rounds;

    /// <param name="factor">W; must live until the product has been computed.</param>
    /// <param name="rounds">Whether what is computed counts as bfloat16.</param>
    public static RowProductPart Of(RowFactor factor, float* x, float* y, bool rounds = false) =>
        new() { X = x, Y = y, W = factor.Address, Scales = factor.ScaleAddress, Outputs = factor.Outputs, Width = factor.Width, Rounds = rounds };

    /// <summary>Puts the dot product of a row of X and a row of W in its place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Put(int row, long output, float sum)
    {
        var y = Y + row * Outputs + output;
        var number = Scales == null ? sum : sum * Scales[output];
        if (Rounds) number = Bf16.Rounded(number);
        if (!Adds) *y = number;
        else if (!Rounds) *y += Scale * number;
        else *y = Bf16.Rounded(*y + Bf16.Rounded(Scale * number));
    }

    /// <summary>As <see cref="Put"/>, of six outputs that follow each other.</summary>
    /// <param name="sums">The last two lanes are left out.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void PutSix(int row, long output, Vector256<float> sums)
    {
        var y = Y + row * Outputs + output;
        if (Scales != null) sums *= SixOf(Scales + output);
        if (Rounds) sums = Bf16.Rounded(sums);
        if (Adds) sums = Rounds ? Bf16.Rounded(SixOf(y) + Bf16.Rounded(sums * Scale)) : SixOf(y) + sums * Scale;
        sums.GetLower().Store(y);
        *(double*)(y + 4) = sums.AsDouble()[2];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> SixOf(float* from) =>
        Create(Vector128.Load(from), Vector128.CreateScalar(*(double*)(from + 4)).AsSingle());
}

/// <summary>
/// Products of a few rows with frozen matrices. W is read from memory once, which is what such a product costs; six of its rows are
/// multiplied by all rows of X while they are near. Every dot product is summed in the same order, eight sums that are added at the end,
/// however many rows there are and however the work is cut: a row's result has the same bits whatever stands beside it.
/// </summary>
internal unsafe struct RowProductKernel<T> : ISlicedKernel
    where T : unmanaged, IFactor<T>
{
    /// <summary>Rows of W that are multiplied together.</summary>
    public const int BlockRows = 6;

    /// <summary>
    /// How far behind a block the processor is asked to fetch, in bytes. By itself it follows one row to its end and does not see that the next
    /// begins in another of the streams, so that what is read would often not be there yet. Numbers of four bytes are read the fastest, and from the furthest.
    /// </summary>
    private static int FetchedAhead => sizeof(T) == sizeof(float) ? 8192 : 4096;

    public RowProductPart* Parts;
    public int PartCount, Rows, Slices;
    public long Blocks;

    /// <param name="slice">Some blocks of the parts' blocks, one part after the other.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int slice)
    {
        var (from, to) = ThreadTeam.Rows(Blocks, slice, Slices);
        var at = 0;
        var memory = WideBlock.Pays(Rows, sizeof(T)) ? WideBlock.NewMemory(Widest()) : null;
        for (var block = from; block < to; block++)
        {
            while (at + 1 < PartCount && block >= Parts[at + 1].FirstBlock) at++;
            var part = Parts + at;
            var output = (block - part->FirstBlock) * BlockRows;
            var count = (int)Math.Min(BlockRows, part->Outputs - output);
            if (memory != null && WideBlock.Takes(part->Width))
                WideBlock.Of((T*)part->W + output * part->Width, count, part->Width, FetchedAhead, memory).Multiply(part, output, count, Rows);
            else if (count == BlockRows) Whole(part, output);
            else Rest(part, output);
        }
        if (memory != null) NativeMemory.AlignedFree(memory);
    }

    private readonly int Widest()
    {
        var widest = 0;
        for (var i = 0; i < PartCount; i++) widest = Math.Max(widest, Parts[i].Width);
        return widest;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Whole(RowProductPart* part, long output)
    {
        var width = part->Width;
        var w = (T*)part->W + output * width;
        var row = 0;
        for (; row <= Rows - 4; row += 4)
        {
            ThreeByFour(part, w, output, row);
            ThreeByFour(part, w + 3 * (nint)width, output + 3, row);
        }
        // Numbers of four bytes come from memory no faster than one chain of sums takes them, and fastest in the order in which they lie there.
        if (Rows == 1 && sizeof(T) == sizeof(float)) OneAfterTheOther(part, w, output);
        else for (; row < Rows; row++) SixByOne(part, w, output, row);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OneAfterTheOther(RowProductPart* part, T* w, long output)
    {
        var width = part->Width;
        var x = part->X;
        for (var end = output + BlockRows; output < end; output++, w += width)
        {
            var sum = Vector256<float>.Zero;
            nint i = 0;
            for (; i <= width - 16; i += 16)
            {
                Fetch((byte*)(w + i) + FetchedAhead, 16 * sizeof(T));
                sum = FusedMultiplyAdd(T.LoadEight(w + i), Load(x + i), sum);
                sum = FusedMultiplyAdd(T.LoadEight(w + i + 8), Load(x + i + 8), sum);
            }
            for (; i <= width - 8; i += 8) sum = FusedMultiplyAdd(T.LoadEight(w + i), Load(x + i), sum);
            part->Put(0, output, Finish(sum, w, x, width));
        }
    }

    /// <summary>The last outputs of a part, fewer than a block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Rest(RowProductPart* part, long output)
    {
        var width = part->Width;
        for (; output < part->Outputs; output++)
        {
            var w = (T*)part->W + output * width;
            for (var row = 0; row < Rows; row++)
            {
                var x = part->X + (nint)row * width;
                var sum = Vector256<float>.Zero;
                for (var i = 0; i <= width - 8; i += 8) sum = FusedMultiplyAdd(T.LoadEight(w + i), Load(x + i), sum);
                part->Put(row, output, Finish(sum, w, x, width));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SixByOne(RowProductPart* part, T* w, long output, int row)
    {
        var width = part->Width;
        var x = part->X + (nint)row * width;
        T* w1 = w + width, w2 = w1 + width, w3 = w2 + width, w4 = w3 + width, w5 = w4 + width;
        var (s0, s1, s2) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
        var (s3, s4, s5) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
        var ahead = (byte*)(w5 + width) + FetchedAhead;
        for (nint i = 0; i <= width - 8; i += 8, ahead += 6 * 8 * sizeof(T))
        {
            Fetch(ahead, 6 * 8 * sizeof(T));
            var v = Load(x + i);
            s0 = FusedMultiplyAdd(T.LoadEight(w + i), v, s0);
            s1 = FusedMultiplyAdd(T.LoadEight(w1 + i), v, s1);
            s2 = FusedMultiplyAdd(T.LoadEight(w2 + i), v, s2);
            s3 = FusedMultiplyAdd(T.LoadEight(w3 + i), v, s3);
            s4 = FusedMultiplyAdd(T.LoadEight(w4 + i), v, s4);
            s5 = FusedMultiplyAdd(T.LoadEight(w5 + i), v, s5);
        }
        part->Put(row, output, Finish(s0, w, x, width));
        part->Put(row, output + 1, Finish(s1, w1, x, width));
        part->Put(row, output + 2, Finish(s2, w2, x, width));
        part->Put(row, output + 3, Finish(s3, w3, x, width));
        part->Put(row, output + 4, Finish(s4, w4, x, width));
        part->Put(row, output + 5, Finish(s5, w5, x, width));
    }

    /// <summary>Twelve sums stay in registers; what was read is used three or four times.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ThreeByFour(RowProductPart* part, T* w, long output, int row)
    {
        var width = part->Width;
        float* x0 = part->X + (nint)row * width, x1 = x0 + width, x2 = x1 + width, x3 = x2 + width;
        T* w1 = w + width, w2 = w1 + width;
        Vector256<float> s00, s01, s02, s03, s10, s11, s12, s13, s20, s21, s22, s23;
        s00 = s01 = s02 = s03 = s10 = s11 = s12 = s13 = s20 = s21 = s22 = s23 = Vector256<float>.Zero;
        var ahead = (byte*)(w2 + width) + FetchedAhead;
        for (nint i = 0; i <= width - 8; i += 8, ahead += 3 * 8 * sizeof(T))
        {
            Fetch(ahead, 3 * 8 * sizeof(T));
            var (a, b, c) = (T.LoadEight(w + i), T.LoadEight(w1 + i), T.LoadEight(w2 + i));
            var v = Load(x0 + i);
            s00 = FusedMultiplyAdd(a, v, s00);
            s10 = FusedMultiplyAdd(b, v, s10);
            s20 = FusedMultiplyAdd(c, v, s20);
            v = Load(x1 + i);
            s01 = FusedMultiplyAdd(a, v, s01);
            s11 = FusedMultiplyAdd(b, v, s11);
            s21 = FusedMultiplyAdd(c, v, s21);
            v = Load(x2 + i);
            s02 = FusedMultiplyAdd(a, v, s02);
            s12 = FusedMultiplyAdd(b, v, s12);
            s22 = FusedMultiplyAdd(c, v, s22);
            v = Load(x3 + i);
            s03 = FusedMultiplyAdd(a, v, s03);
            s13 = FusedMultiplyAdd(b, v, s13);
            s23 = FusedMultiplyAdd(c, v, s23);
        }
        PutFour(part, w, output, row, s00, s01, s02, s03);
        PutFour(part, w1, output + 1, row, s10, s11, s12, s13);
        PutFour(part, w2, output + 2, row, s20, s21, s22, s23);
    }

    /// <summary>Asks for the cache lines of so many bytes, at most three; beyond the end of the matrix nothing comes of it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fetch(byte* from, int bytes)
    {
        if (!Sse.IsSupported) return;
        Sse.Prefetch0(from);
        if (bytes > 64) Sse.Prefetch0(from + 64);
        if (bytes > 128) Sse.Prefetch0(from + 128);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PutFour(
        RowProductPart* part, T* w, long output, int row, Vector256<float> s0, Vector256<float> s1, Vector256<float> s2, Vector256<float> s3)
    {
        var width = part->Width;
        var x = part->X + (nint)row * width;
        part->Put(row, output, Finish(s0, w, x, width));
        part->Put(row + 1, output, Finish(s1, w, x + width, width));
        part->Put(row + 2, output, Finish(s2, w, x + 2 * (nint)width, width));
        part->Put(row + 3, output, Finish(s3, w, x + 3 * (nint)width, width));
    }

    /// <summary>The eight sums added, and what lies behind the last eight numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Finish(Vector256<float> sums, T* w, float* x, int width)
    {
        var half = sums.GetLower() + sums.GetUpper();
        var sum = half[0] + half[1] + (half[2] + half[3]);
        for (var i = width & ~7; i < width; i++) sum += T.Get(w + i) * x[i];
        return sum;
    }
}
