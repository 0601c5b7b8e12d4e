using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Serverless.Learning.Kernels;

/// <summary>Copies rows; a slice owns some of the results.</summary>
internal unsafe struct TakeRowsForward<T> : ISlicedKernel
    where T : unmanaged, IElement<T>
{
    public T* X, Y;
    public long* Rows;
    public long Count, Width;
    public int Slices;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int slice)
    {
        var (from, to) = ThreadTeam.Rows(Count, slice, Slices);
        for (var row = from; row < to; row++)
            new ReadOnlySpan<T>(X + Rows[row] * Width, (int)Width).CopyTo(new Span<T>(Y + row * Width, (int)Width));
    }
}

/// <summary>
/// Adds each result's gradient to that of the row it was copied from, in fp32 and in the order of the results. A slice owns some columns, so
/// that no two slices write to the same place.
/// </summary>
internal unsafe struct TakeRowsBackward<T> : ISlicedKernel
    where T : unmanaged, IElement<T>
{
    /// <summary>Columns of a slice: four cache lines of fp32.</summary>
    public const int Columns = 64;

    public T* Gradient;
    public long* Rows;
    public float* DX;
    public long Count, Width;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int slice)
    {
        var from = (long)slice * Columns;
        var to = Math.Min(Width, from + Columns);
        for (var row = 0L; row < Count; row++)
        {
            var gradient = Gradient + row * Width;
            var sum = DX + Rows[row] * Width;
            for (var column = from; column < to; column += 16) (Vector512.Load(sum + column) + T.Load(gradient + column)).Store(sum + column);
        }
    }
}
