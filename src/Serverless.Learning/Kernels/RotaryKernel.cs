using System.Runtime.CompilerServices;
using static System.Runtime.Intrinsics.Vector512;

namespace Serverless.Learning.Kernels;

/// <summary>
/// Rotates the pairs (i, i + R/2) of the first R channels of each vector of [B, H, T, Dh] by its position's angles, or back, and copies the
/// others; the last dimension is contiguous, the others have any strides.
/// </summary>
internal unsafe struct RotaryRotation<T> : ISlicedKernel
    where T : unmanaged, IElement<T>
{
    public HeadedVectors<T> X, Y;
    public float* Cos, Sin;
    public long Batch, Heads, Times, AngleBatch;
    public int Width, Slices;

    /// <summary>R, the channels that turn.</summary>
    public int Size;

    /// <summary>1 turns forward, -1 back.</summary>
    public float Direction;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int slice)
    {
        var (from, to) = ThreadTeam.Rows(Batch * Times, slice, Slices);
        for (var row = from; row < to; row++)
        {
            var (batch, time) = Math.DivRem(row, Times);
            var angle = batch * AngleBatch + time * Size;
            for (var head = 0L; head < Heads; head++)
                RotaryVector.Rotate(X.At(batch, head, time), Y.At(batch, head, time), Cos + angle, Sin + angle, Size, Width, Direction);
        }
    }
}

/// <summary>The rotation of one vector.</summary>
internal static unsafe class RotaryVector
{
    /// <param name="x">[Dh].</param>
    /// <param name="y">[Dh]; may be x.</param>
    /// <param name="cos">[R], of the position.</param>
    /// <param name="size">R.</param>
    /// <param name="width">Dh.</param>
    /// <param name="direction">1 turns forward, -1 back.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rotate<T>(T* x, T* y, float* cos, float* sin, int size, int width, float direction)
        where T : unmanaged, IElement<T>
    {
        var half = size / 2;
        var i = 0;
        for (; i <= half - 16; i += 16)
        {
            var (a, b, c, s) = (T.Load(x + i), T.Load(x + half + i), Load(cos + i), Load(sin + i) * Create(direction));
            T.Store(a * c - b * s, y + i);
            T.Store(b * c + a * s, y + half + i);
        }
        for (; i < half; i++)
        {
            var (a, b, c, s) = (T.Get(x + i), T.Get(x + half + i), cos[i], sin[i] * direction);
            T.Set(y + i, a * c - b * s);
            T.Set(y + half + i, b * c + a * s);
        }
        if (size < width && x != y) new Span<T>(x + size, width - size).CopyTo(new Span<T>(y + size, width - size));
    }
}
