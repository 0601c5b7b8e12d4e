using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using static System.Runtime.Intrinsics.Vector512;

namespace Serverless.Learning.Kernels;

/// <summary>
/// The two products of attention for a single query on processors with AVX-512: with the keys, eight of them at a time, and with the values, two of
/// them at a time. How they are summed depends on the head's width and the number of keys alone.
/// </summary>
internal static unsafe class AttentionVectors
{
    private const int KeysTogether = 8;

    /// <summary>Whether this processor has the instructions.</summary>
    public static bool AreKnown => Avx512F.IsSupported && Vector512.IsHardwareAccelerated;

    /// <summary>scores = scale (K q).</summary>
    /// <param name="query">[width], width a multiple of 16.</param>
    /// <param name="keys">[count, width], of this stride.</param>
    /// <param name="scores">[count], with room for a multiple of eight.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scores(float* query, float* keys, nint stride, int width, int count, float scale, float* scores)
    {
        for (var at = 0; at < count; at += KeysTogether)
        {
            // Behind the last key lies nothing that may be read: the last one stands for those that are missing.
            var last = count - 1 - at;
            float* k0 = keys + at * stride, k1 = k0 + Math.Min(1, last) * stride, k2 = k0 + Math.Min(2, last) * stride, k3 = k0 + Math.Min(3, last) * stride;
            float* k4 = k0 + Math.Min(4, last) * stride, k5 = k0 + Math.Min(5, last) * stride, k6 = k0 + Math.Min(6, last) * stride, k7 = k0 + Math.Min(7, last) * stride;
            Vector512<float> s0, s1, s2, s3, s4, s5, s6, s7;
            s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = Vector512<float>.Zero;
            for (nint i = 0; i < width; i += 16)
            {
                var part = Load(query + i);
                s0 = FusedMultiplyAdd(part, Load(k0 + i), s0);
                s1 = FusedMultiplyAdd(part, Load(k1 + i), s1);
                s2 = FusedMultiplyAdd(part, Load(k2 + i), s2);
                s3 = FusedMultiplyAdd(part, Load(k3 + i), s3);
                s4 = FusedMultiplyAdd(part, Load(k4 + i), s4);
                s5 = FusedMultiplyAdd(part, Load(k5 + i), s5);
                s6 = FusedMultiplyAdd(part, Load(k6 + i), s6);
                s7 = FusedMultiplyAdd(part, Load(k7 + i), s7);
            }
            var (first, second) = (Quarters(Pairs(s0, s1), Pairs(s2, s3)), Quarters(Pairs(s4, s5), Pairs(s6, s7)));
            var halves = Avx512F.Shuffle4x128(first, second, 0x88) + Avx512F.Shuffle4x128(first, second, 0xdd);
            var (low, high) = (halves.GetLower(), halves.GetUpper());
            var sums = Avx.Permute2x128(low, high, 0x20) + Avx.Permute2x128(low, high, 0x31);
            (sums * scale).Store(scores + at);
        }
    }

    /// <summary>output = weights V.</summary>
    /// <param name="weights">[count].</param>
    /// <param name="values">[count, width], of this stride, width a multiple of 16.</param>
    /// <param name="output">[width].</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Mix(float* weights, float* values, nint stride, int width, int count, float* output)
    {
        nint i = 0;
        for (; i <= width - 64; i += 64)
        {
            Vector512<float> a0, a1, a2, a3, b0, b1, b2, b3;
            a0 = a1 = a2 = a3 = b0 = b1 = b2 = b3 = Vector512<float>.Zero;
            var at = 0;
            var value = values + i;
            for (; at <= count - 2; at += 2, value += 2 * stride)
            {
                var weight = Create(weights[at]);
                var next = value + stride;
                a0 = FusedMultiplyAdd(weight, Load(value), a0);
                a1 = FusedMultiplyAdd(weight, Load(value + 16), a1);
                a2 = FusedMultiplyAdd(weight, Load(value + 32), a2);
                a3 = FusedMultiplyAdd(weight, Load(value + 48), a3);
                weight = Create(weights[at + 1]);
                b0 = FusedMultiplyAdd(weight, Load(next), b0);
                b1 = FusedMultiplyAdd(weight, Load(next + 16), b1);
                b2 = FusedMultiplyAdd(weight, Load(next + 32), b2);
                b3 = FusedMultiplyAdd(weight, Load(next + 48), b3);
            }
            if (at < count)
            {
                var weight = Create(weights[at]);
                a0 = FusedMultiplyAdd(weight, Load(value), a0);
                a1 = FusedMultiplyAdd(weight, Load(value + 16), a1);
                a2 = FusedMultiplyAdd(weight, Load(value + 32), a2);
                a3 = FusedMultiplyAdd(weight, Load(value + 48), a3);
            }
            (a0 + b0).Store(output + i);
            (a1 + b1).Store(output + i + 16);
            (a2 + b2).Store(output + i + 32);
            (a3 + b3).Store(output + i + 48);
        }
        for (; i < width; i += 16)
        {
            var sum = Vector512<float>.Zero;
            var value = values + i;
            for (var at = 0; at < count; at++, value += stride) sum = FusedMultiplyAdd(Create(weights[at]), Load(value), sum);
            sum.Store(output + i);
        }
    }

    /// <summary>In each quarter of a register half of what is summed of two, side by side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Pairs(Vector512<float> first, Vector512<float> second) =>
        Avx512F.UnpackLow(first, second) + Avx512F.UnpackHigh(first, second);

    /// <summary>In each quarter of a register the sums of four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Quarters(Vector512<float> first, Vector512<float> second) =>
        Avx512F.UnpackLow(first.AsDouble(), second.AsDouble()).AsSingle() + Avx512F.UnpackHigh(first.AsDouble(), second.AsDouble()).AsSingle();
}
