using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static System.Runtime.Intrinsics.Vector512;

namespace Serverless.Learning.Kernels;

/// <summary>
/// Small matrix products whose result stays in registers: C[M, N] = A[M, D] B[D, N] (added to C where asked). B and C have contiguous
/// rows; A has any strides, so a transposed A costs nothing. N is a multiple of 16.
/// </summary>
internal static unsafe class MatrixTile
{
    /// <param name="aRow">Elements from one row of A to the next.</param>
    /// <param name="aStep">Elements from one column of A to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(
        int m, int n, int d, float* a, nint aRow, nint aStep, float* b, nint bRow, float* c, nint cRow, bool add)
    {
        var i = 0;
        for (; i <= m - 4; i += 4)
        {
            var j = 0;
            for (; j <= n - 64; j += 64) FourBySixtyFour(d, a + i * aRow, aRow, aStep, b + j, bRow, c + i * cRow + j, cRow, add);
            for (; j < n; j += 16) FourBySixteen(d, a + i * aRow, aRow, aStep, b + j, bRow, c + i * cRow + j, cRow, add);
        }
        for (; i < m; i++)
        {
            for (var j = 0; j < n; j += 16) OneBySixteen(d, a + i * aRow, aStep, b + j, bRow, c + i * cRow + j, add);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourBySixtyFour(int d, float* a, nint aRow, nint aStep, float* b, nint bRow, float* c, nint cRow, bool add)
    {
        Vector512<float> c00, c01, c02, c03, c10, c11, c12, c13, c20, c21, c22, c23, c30, c31, c32, c33;
        if (add)
        {
            (c00, c01, c02, c03) = (Load(c), Load(c + 16), Load(c + 32), Load(c + 48));
            (c10, c11, c12, c13) = (Load(c + cRow), Load(c + cRow + 16), Load(c + cRow + 32), Load(c + cRow + 48));
            (c20, c21, c22, c23) = (Load(c + 2 * cRow), Load(c + 2 * cRow + 16), Load(c + 2 * cRow + 32), Load(c + 2 * cRow + 48));
            (c30, c31, c32, c33) = (Load(c + 3 * cRow), Load(c + 3 * cRow + 16), Load(c + 3 * cRow + 32), Load(c + 3 * cRow + 48));
        }
        else
        {
            c00 = c01 = c02 = c03 = c10 = c11 = c12 = c13 = c20 = c21 = c22 = c23 = c30 = c31 = c32 = c33 = Vector512<float>.Zero;
        }
        for (; d > 0; d--)
        {
            var b0 = Load(b);
            var b1 = Load(b + 16);
            var b2 = Load(b + 32);
            var b3 = Load(b + 48);
            var a0 = Create(a[0]);
            c00 = FusedMultiplyAdd(a0, b0, c00);
            c01 = FusedMultiplyAdd(a0, b1, c01);
            c02 = FusedMultiplyAdd(a0, b2, c02);
            c03 = FusedMultiplyAdd(a0, b3, c03);
            var a1 = Create(a[aRow]);
            c10 = FusedMultiplyAdd(a1, b0, c10);
            c11 = FusedMultiplyAdd(a1, b1, c11);
            c12 = FusedMultiplyAdd(a1, b2, c12);
            c13 = FusedMultiplyAdd(a1, b3, c13);
            var a2 = Create(a[2 * aRow]);
            c20 = FusedMultiplyAdd(a2, b0, c20);
            c21 = FusedMultiplyAdd(a2, b1, c21);
            c22 = FusedMultiplyAdd(a2, b2, c22);
            c23 = FusedMultiplyAdd(a2, b3, c23);
            var a3 = Create(a[3 * aRow]);
            c30 = FusedMultiplyAdd(a3, b0, c30);
            c31 = FusedMultiplyAdd(a3, b1, c31);
            c32 = FusedMultiplyAdd(a3, b2, c32);
            c33 = FusedMultiplyAdd(a3, b3, c33);
            a += aStep;
            b += bRow;
        }
        StoreRow(c, c00, c01, c02, c03);
        StoreRow(c + cRow, c10, c11, c12, c13);
        StoreRow(c + 2 * cRow, c20, c21, c22, c23);
        StoreRow(c + 3 * cRow, c30, c31, c32, c33);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourBySixteen(int d, float* a, nint aRow, nint aStep, float* b, nint bRow, float* c, nint cRow, bool add)
    {
        var (c0, c1, c2, c3) = (Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero);
        if (add) (c0, c1, c2, c3) = (Load(c), Load(c + cRow), Load(c + 2 * cRow), Load(c + 3 * cRow));
        for (; d > 0; d--)
        {
            var b0 = Load(b);
            c0 = FusedMultiplyAdd(Create(a[0]), b0, c0);
            c1 = FusedMultiplyAdd(Create(a[aRow]), b0, c1);
            c2 = FusedMultiplyAdd(Create(a[2 * aRow]), b0, c2);
            c3 = FusedMultiplyAdd(Create(a[3 * aRow]), b0, c3);
            a += aStep;
            b += bRow;
        }
        c0.Store(c);
        c1.Store(c + cRow);
        c2.Store(c + 2 * cRow);
        c3.Store(c + 3 * cRow);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OneBySixteen(int d, float* a, nint aStep, float* b, nint bRow, float* c, bool add)
    {
        var sum = add ? Load(c) : Vector512<float>.Zero;
        for (; d > 0; d--)
        {
            sum = FusedMultiplyAdd(Create(a[0]), Load(b), sum);
            a += aStep;
            b += bRow;
        }
        sum.Store(c);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreRow(float* c, Vector512<float> first, Vector512<float> second, Vector512<float> third, Vector512<float> fourth)
    {
        first.Store(c);
        second.Store(c + 16);
        third.Store(c + 32);
        fourth.Store(c + 48);
    }
}
