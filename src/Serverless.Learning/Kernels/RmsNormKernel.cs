using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static System.Runtime.Intrinsics.Vector512;

namespace Serverless.Learning.Kernels;

/// <summary>y = x * r * w for each row of D, r = 1 / sqrt(mean(x^2) + epsilon).</summary>
internal unsafe struct RmsNormForward : ISlicedKernel
{
    public float* X, Weight, Y;
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
            var y = Y + row * Width;
            var r = RmsNormRow.InverseRoot(x, Width, Epsilon);
            var i = 0;
            for (; i <= Width - 16; i += 16) (Load(x + i) * Create(r) * Load(Weight + i)).Store(y + i);
            for (; i < Width; i++) y[i] = x[i] * r * Weight[i];
        }
    }
}

/// <summary>
/// With g the gradient of y: dx = r (w g - x r^2 mean(x w g)), dw = sum over rows of g x r. Each slice sums its own rows' dw.
/// </summary>
internal unsafe struct RmsNormBackward : ISlicedKernel
{
    public float* X, Weight, Gradient, DX, DWeight;
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
    private readonly void GradientOfX(float* x, float* g, float* dx, float r, float shared)
    {
        var i = 0;
        for (; i <= Width - 16; i += 16)
            (Load(g + i) * Load(Weight + i) * Create(r) - Load(x + i) * Create(shared)).Store(dx + i);
        for (; i < Width; i++) dx[i] = g[i] * Weight[i] * r - x[i] * shared;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void AddGradientOfWeight(float* x, float* g, float* dWeight, float r)
    {
        var i = 0;
        for (; i <= Width - 16; i += 16) FusedMultiplyAdd(Load(x + i) * Create(r), Load(g + i), Load(dWeight + i)).Store(dWeight + i);
        for (; i < Width; i++) dWeight[i] += x[i] * r * g[i];
    }
}

/// <summary>Sums over one row, in four accumulators and then pairwise.</summary>
internal static unsafe class RmsNormRow
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float InverseRoot(float* x, int width, float epsilon)
    {
        var (a, b) = (Vector512<float>.Zero, Vector512<float>.Zero);
        var i = 0;
        for (; i <= width - 32; i += 32)
        {
            a = FusedMultiplyAdd(Load(x + i), Load(x + i), a);
            b = FusedMultiplyAdd(Load(x + i + 16), Load(x + i + 16), b);
        }
        var sum = Sum(a + b);
        for (; i < width; i++) sum += x[i] * x[i];
        return 1 / MathF.Sqrt(sum / width + epsilon);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Dot(float* x, float* g, float* weight, int width)
    {
        var (a, b) = (Vector512<float>.Zero, Vector512<float>.Zero);
        var i = 0;
        for (; i <= width - 32; i += 32)
        {
            a = FusedMultiplyAdd(Load(x + i) * Load(weight + i), Load(g + i), a);
            b = FusedMultiplyAdd(Load(x + i + 16) * Load(weight + i + 16), Load(g + i + 16), b);
        }
        var sum = Sum(a + b);
        for (; i < width; i++) sum += x[i] * weight[i] * g[i];
        return sum;
    }
}

/// <summary>Adds the rows of [Slices, Width] in their order.</summary>
internal static unsafe class SliceSum
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Into(float* total, float* parts, int slices, int width)
    {
        new Span<float>(parts, width).CopyTo(new Span<float>(total, width));
        for (var slice = 1; slice < slices; slice++)
        {
            var part = parts + (long)slice * width;
            for (var i = 0; i < width; i++) total[i] += part[i];
        }
    }
}
