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
            for (var head = 0L; head < Heads; head++) Rotate(X.At(batch, head, time), Y.At(batch, head, time), Cos + angle, Sin + angle);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Rotate(T* x, T* y, float* cos, float* sin)
    {
        var half = Size / 2;
        var i = 0;
        for (; i <= half - 16; i += 16)
        {
            var (a, b, c, s) = (T.Load(x + i), T.Load(x + half + i), Load(cos + i), Load(sin + i) * Create(Direction));
            T.Store(a * c - b * s, y + i);
            T.Store(b * c + a * s, y + half + i);
        }
        for (; i < half; i++)
        {
            var (a, b, c, s) = (T.Get(x + i), T.Get(x + half + i), cos[i], sin[i] * Direction);
            T.Set(y + i, a * c - b * s);
            T.Set(y + half + i, b * c + a * s);
        }
        if (Size < Width) new Span<T>(x + Size, Width - Size).CopyTo(new Span<T>(y + Size, Width - Size));
    }
}
