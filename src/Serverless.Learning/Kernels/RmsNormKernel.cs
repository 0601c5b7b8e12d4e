using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static System.Runtime.Intrinsics.Vector512;

namespace Serverless.Learning.Kernels;

/// <summary>y = x * r * w for each row of D, r = 1 / sqrt(mean(x^2) + epsilon).</summary>
internal unsafe struct RmsNormForward<TX, TY> : ISlicedKernel
    where TX : unmanaged, IElement<TX>
    where TY : unmanaged, IElement<TY>
{
    public TX* X;
    public TY* Y;
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
            var x = X + row * Width;
            RmsNormRow.Scale(x, RmsNormRow.InverseRoot(x, Width, Epsilon), Weight, Y + row * Width, Width);
        }
    }
}

/// <summary>
/// With g the gradient of y: dx = r (w g - x r^2 mean(x w g)), dw = sum over rows of g x r. Each slice sums its own rows' dw.
/// </summary>
internal unsafe struct RmsNormBackward<TX, TY> : ISlicedKernel
    where TX : unmanaged, IElement<TX>
    where TY : unmanaged, IElement<TY>
{
    public TX* X, DX;
    public TY* Gradient;
    public float* Weight, DWeight;
    public long Count;
    public int Width, Slices;
    public float Epsilon;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int slice)
    {
        var (from, to) = ThreadTeam.Rows(Count, slice, Slices);
        var dWeight = DWeight == null ? null : DWeight + (long)slice * Width;
        if (dWeight != null) new Span<float>(dWeight, Width).Clear();
        for (var row = from; row < to; row++)
        {
            var x = X + row * Width;
            var g = Gradient + row * Width;
            var r = RmsNormRow.InverseRoot(x, Width, Epsilon);
            var shared = r * r * r * RmsNormRow.Dot(x, g, Weight, Width) / Width;
            if (DX != null) GradientOfX(x, g, DX + row * Width, r, shared);
            if (dWeight != null) AddGradientOfWeight(x, g, dWeight, r);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void GradientOfX(TX* x, TY* g, TX* dx, float r, float shared)
    {
        var i = 0;
        for (; i <= Width - 16; i += 16)
            TX.Store(TY.Load(g + i) * Load(Weight + i) * Create(r) - TX.Load(x + i) * Create(shared), dx + i);
        for (; i < Width; i++) TX.Set(dx + i, TY.Get(g + i) * Weight[i] * r - TX.Get(x + i) * shared);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void AddGradientOfWeight(TX* x, TY* g, float* dWeight, float r)
    {
        var i = 0;
        for (; i <= Width - 16; i += 16) FusedMultiplyAdd(TX.Load(x + i) * Create(r), TY.Load(g + i), Load(dWeight + i)).Store(dWeight + i);
        for (; i < Width; i++) dWeight[i] += TX.Get(x + i) * r * TY.Get(g + i);
    }
}

/// <summary>What the norm does with one row; sums in two vectors of accumulators.</summary>
internal static unsafe class RmsNormRow
{
    /// <summary>y = x * r * w.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scale<TX, TY>(TX* x, float r, float* weight, TY* y, int width)
        where TX : unmanaged, IElement<TX>
        where TY : unmanaged, IElement<TY>
    {
        var i = 0;
        for (; i <= width - 16; i += 16) TY.Store(TX.Load(x + i) * Create(r) * Load(weight + i), y + i);
        for (; i < width; i++) TY.Set(y + i, TX.Get(x + i) * r * weight[i]);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float InverseRoot<TX>(TX* x, int width, float epsilon)
        where TX : unmanaged, IElement<TX>
    {
        var (a, b) = (Vector512<float>.Zero, Vector512<float>.Zero);
        var i = 0;
        for (; i <= width - 32; i += 32)
        {
            var (first, second) = (TX.Load(x + i), TX.Load(x + i + 16));
            a = FusedMultiplyAdd(first, first, a);
            b = FusedMultiplyAdd(second, second, b);
        }
        var sum = Sum(a + b);
        for (; i < width; i++) sum += TX.Get(x + i) * TX.Get(x + i);
        return 1 / MathF.Sqrt(sum / width + epsilon);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Dot<TX, TY>(TX* x, TY* g, float* weight, int width)
        where TX : unmanaged, IElement<TX>
        where TY : unmanaged, IElement<TY>
    {
        var (a, b) = (Vector512<float>.Zero, Vector512<float>.Zero);
        var i = 0;
        for (; i <= width - 32; i += 32)
        {
            a = FusedMultiplyAdd(TX.Load(x + i) * Load(weight + i), TY.Load(g + i), a);
            b = FusedMultiplyAdd(TX.Load(x + i + 16) * Load(weight + i + 16), TY.Load(g + i + 16), b);
        }
        var sum = Sum(a + b);
        for (; i < width; i++) sum += TX.Get(x + i) * weight[i] * TY.Get(g + i);
        return sum;
    }
}
