using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static System.Runtime.Intrinsics.Vector512;

namespace Serverless.Learning.Kernels;

/// <summary>
/// Rotates the pairs (i, i + Dh/2) of each vector of [B, H, T, Dh] by its position's angles, or back; the last dimension is
/// contiguous, the others have any strides.
/// </summary>
internal unsafe struct RotaryRotation : ISlicedKernel
{
    public float* X, Y, Cos, Sin;
    public long Batch, Heads, Times, XBatch, XHead, XTime, YBatch, YHead, YTime, AngleBatch;
    public int Width, Slices;

    /// <summary>1 turns forward, -1 back.</summary>
    public float Direction;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int slice)
    {
        var (from, to) = ThreadTeam.Rows(Batch * Times, slice, Slices);
        for (var row = from; row < to; row++)
        {
            var (batch, time) = Math.DivRem(row, Times);
            var angle = batch * AngleBatch + time * Width;
            for (var head = 0L; head < Heads; head++)
            {
                Rotate(X + batch * XBatch + head * XHead + time * XTime, Y + batch * YBatch + head * YHead + time * YTime, Cos + angle, Sin + angle);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Rotate(float* x, float* y, float* cos, float* sin)
    {
        var half = Width / 2;
        var i = 0;
        for (; i <= half - 16; i += 16)
        {
            var (a, b, c, s) = (Load(x + i), Load(x + half + i), Load(cos + i), Load(sin + i) * Create(Direction));
            (a * c - b * s).Store(y + i);
            (b * c + a * s).Store(y + half + i);
        }
        for (; i < half; i++)
        {
            var (a, b, s) = (x[i], x[half + i], sin[i] * Direction);
            y[i] = a * cos[i] - b * s;
            y[half + i] = b * cos[i] + a * s;
        }
    }
}
