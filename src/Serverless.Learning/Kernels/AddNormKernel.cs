using System.Runtime.CompilerServices;
using static System.Runtime.Intrinsics.Vector512;

namespace Serverless.Learning.Kernels;

/// <summary>s = x + branch, y = s * r * w for each row of D, r = 1 / sqrt(mean(s^2) + epsilon). Without a branch s is x.</summary>
internal unsafe struct AddNormForward<T> : ISlicedKernel
    where T : unmanaged, IElement<T>
{
    /// <summary>x and s; the same without a branch.</summary>
    public float* X, Sum;

    /// <summary>The branch, or null, and y.</summary>
    public T* Branch, Y;
    public float* Weight;
    public long Count;
    public int Width, Slices;
    public float Epsilon;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int slice)
    {
        var (from, to) = ThreadTeam.Rows(Count, slice, Slices);
        for (var row = from; row < to; row++)
        {
            var sum = Sum + row * Width;
            if (Branch != null) BranchSum.Of(X + row * Width, Branch + row * Width, sum, Width);
            RmsNormRow.Scale((Fp32*)sum, RmsNormRow.InverseRoot((Fp32*)sum, Width, Epsilon), Weight, Y + row * Width, Width);
        }
    }
}

/// <summary>With h the gradient of s and g that of y: dx = h + r (w g - s r^2 mean(s w g)), and the same rounded for the branch.</summary>
internal unsafe struct AddNormBackward<T> : ISlicedKernel
    where T : unmanaged, IElement<T>
{
    public float* Sum, Weight, DX;

    /// <summary>h, or null where nothing else depends on the sum.</summary>
    public float* OfSum;

    /// <summary>g.</summary>
    public T* Gradient;

    /// <summary>Null without a branch.</summary>
    public T* DBranch;
    public long Count;
    public int Width, Slices;
    public float Epsilon;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int slice)
    {
        var (from, to) = ThreadTeam.Rows(Count, slice, Slices);
        for (var row = from; row < to; row++)
        {
            var at = row * Width;
            var r = RmsNormRow.InverseRoot((Fp32*)(Sum + at), Width, Epsilon);
            var shared = r * r * r * RmsNormRow.Dot((Fp32*)(Sum + at), Gradient + at, Weight, Width) / Width;
            var i = 0;
            for (; i <= Width - 16; i += 16)
            {
                var dx = T.Load(Gradient + at + i) * Load(Weight + i) * Create(r) - Load(Sum + at + i) * Create(shared);
                if (OfSum != null) dx += Load(OfSum + at + i);
                dx.Store(DX + at + i);
                if (DBranch != null) T.Store(dx, DBranch + at + i);
            }
            for (; i < Width; i++)
            {
                var dx = T.Get(Gradient + at + i) * Weight[i] * r - Sum[at + i] * shared;
                if (OfSum != null) dx += OfSum[at + i];
                DX[at + i] = dx;
                if (DBranch != null) T.Set(DBranch + at + i, dx);
            }
        }
    }
}

/// <summary>s = x + branch, element by element.</summary>
internal unsafe struct BranchAddition<T> : ISlicedKernel
    where T : unmanaged, IElement<T>
{
    public float* X, Sum;
    public T* Branch;
    public long Count;
    public int Slices;

    public readonly void Run(int slice)
    {
        var (from, to) = ThreadTeam.Rows(Count, slice, Slices);
        BranchSum.Of(X + from, Branch + from, Sum + from, to - from);
    }
}

internal static unsafe class BranchSum
{
    /// <summary>sum = x + branch for so many numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Of<T>(float* x, T* branch, float* sum, long count)
        where T : unmanaged, IElement<T>
    {
        var i = 0L;
        for (; i <= count - 16; i += 16) (Load(x + i) + T.Load(branch + i)).Store(sum + i);
        for (; i < count; i++) sum[i] = x[i] + T.Get(branch + i);
    }
}
