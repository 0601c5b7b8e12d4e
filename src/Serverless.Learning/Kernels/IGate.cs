using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Serverless.Learning.Kernels;

/// <summary>What a gated feed-forward block applies to its gate, and that function's slope, for sixteen numbers and for one.</summary>
internal interface IGate
{
    static abstract Vector512<float> Value(Vector512<float> x);

    static abstract Vector512<float> Slope(Vector512<float> x);

    static abstract float Value(float x);

    static abstract float Slope(float x);
}

/// <summary>x s with s = sigmoid(x); slope s (1 + x (1 - s)).</summary>
internal readonly struct SiluGate : IGate
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Value(Vector512<float> x) => x * VectorMath.Sigmoid(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Slope(Vector512<float> x)
    {
        var (one, s) = (Vector512<float>.One, VectorMath.Sigmoid(x));
        return s * Vector512.FusedMultiplyAdd(x, one - s, one);
    }

    public static float Value(float x) => x / (1 + MathF.Exp(-x));

    public static float Slope(float x)
    {
        var s = 1 / (1 + MathF.Exp(-x));
        return s * (1 + x * (1 - s));
    }
}

/// <summary>
/// GELU's tanh approximation (Hendrycks and Gimpel 2016, section 2), 0.5 x (1 + tanh u) with u = sqrt(2 / pi) (x + 0.044715 x^3). Because
/// 0.5 (1 + tanh u) = sigmoid(2 u) = s, it is x s; slope s + x s (1 - s) 2 u'.
/// </summary>
internal readonly struct GeluTanhGate : IGate
{
    private const float Linear = 1.5957691216057308f; // 2 sqrt(2 / pi)
    private const float Cubic = Linear * 0.044715f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Value(Vector512<float> x) => x * Share(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Slope(Vector512<float> x)
    {
        var s = Share(x);
        var inner = Vector512.FusedMultiplyAdd(x * x, Vector512.Create(3 * Cubic), Vector512.Create(Linear));
        return s + x * s * (Vector512<float>.One - s) * inner;
    }

    public static float Value(float x) => x / (1 + MathF.Exp(-x * (Linear + Cubic * x * x)));

    public static float Slope(float x)
    {
        var s = 1 / (1 + MathF.Exp(-x * (Linear + Cubic * x * x)));
        return s + x * s * (1 - s) * (Linear + 3 * Cubic * x * x);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Share(Vector512<float> x) =>
        VectorMath.Sigmoid(x * Vector512.FusedMultiplyAdd(x * x, Vector512.Create(Cubic), Vector512.Create(Linear)));
}
