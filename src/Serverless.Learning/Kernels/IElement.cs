using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Serverless.Learning.Kernels;

/// <summary>How numbers stand in memory; kernels compute in fp32 whatever they read and write.</summary>
internal unsafe interface IElement<T> : IFactor<T>
    where T : unmanaged, IElement<T>
{
    /// <summary>Sixteen numbers.</summary>
    static abstract Vector512<float> Load(T* from);

    /// <summary>Sixteen numbers, rounded to the nearest.</summary>
    static abstract void Store(Vector512<float> numbers, T* to);

    /// <summary>One number, rounded to the nearest.</summary>
    static abstract void Set(T* to, float number);
}

/// <summary>IEEE single precision.</summary>
internal readonly unsafe struct Fp32 : IElement<Fp32>
{
    private readonly float value;

    private Fp32(float value) => this.value = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(Fp32* from) => Vector512.Load((float*)from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadEight(Fp32* from) => Vector256.Load((float*)from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> numbers, Fp32* to) => numbers.Store((float*)to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Get(Fp32* from) => from->value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Set(Fp32* to, float number) => *to = new Fp32(number);
}

/// <summary>The upper half of single precision. Rounded to the nearest, ties to even, as libtorch does; NaN stays NaN.</summary>
internal readonly unsafe struct Bf16 : IElement<Bf16>
{
    private readonly ushort bits;

    private Bf16(ushort bits) => this.bits = bits;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(Bf16* from)
    {
        var halves = Vector256.Load((ushort*)from);
        var wide = Avx512F.IsSupported
            ? Avx512F.ConvertToVector512Int32(halves).AsUInt32()
            : Vector512.Create(Vector256.WidenLower(halves), Vector256.WidenUpper(halves));
        return (wide << 16).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadEight(Bf16* from)
    {
        var wide = Avx2.IsSupported
            ? Avx2.ConvertToVector256Int32((ushort*)from).AsUInt32()
            : Vector256.Create(Vector128.WidenLower(Vector128.Load((ushort*)from)), Vector128.WidenUpper(Vector128.Load((ushort*)from)));
        return (wide << 16).AsSingle();
    }

    /// <summary>The bfloat16 next to a number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Rounded(float number)
    {
        var bits = BitConverter.SingleToUInt32Bits(number);
        return float.IsNaN(number) ? number : BitConverter.UInt32BitsToSingle((bits + 0x7fff + ((bits >> 16) & 1)) & 0xffff0000);
    }

    /// <summary>The same of eight numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Rounded(Vector256<float> numbers)
    {
        var bits = numbers.AsUInt32();
        var rounded = (bits + Vector256.Create(0x7fffu) + ((bits >>> 16) & Vector256<uint>.One)) & Vector256.Create(0xffff0000u);
        return Vector256.ConditionalSelect(Vector256.Equals(numbers, numbers), rounded.AsSingle(), numbers);
    }

    /// <summary>The same of sixteen numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Rounded(Vector512<float> numbers)
    {
        var bits = numbers.AsUInt32();
        var rounded = (bits + Vector512.Create(0x7fffu) + ((bits >>> 16) & Vector512<uint>.One)) & Vector512.Create(0xffff0000u);
        return Vector512.ConditionalSelect(Vector512.Equals(numbers, numbers), rounded.AsSingle(), numbers);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> numbers, Bf16* to)
    {
        var wide = numbers.AsUInt32();
        var rounded = (wide + Vector512.Create(0x7fffu) + ((wide >>> 16) & Vector512<uint>.One)) >>> 16;
        rounded = Vector512.ConditionalSelect(Vector512.Equals(numbers, numbers).AsUInt32(), rounded, Vector512.Create(0x7fc0u));
        var halves = Avx512F.IsSupported
            ? Avx512F.ConvertToVector256UInt16(rounded)
            : Vector256.Narrow(rounded.GetLower(), rounded.GetUpper());
        halves.Store((ushort*)to);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Get(Bf16* from) => BitConverter.UInt32BitsToSingle((uint)from->bits << 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Set(Bf16* to, float number)
    {
        var wide = BitConverter.SingleToUInt32Bits(number);
        *to = new Bf16(float.IsNaN(number) ? (ushort)0x7fc0 : (ushort)((wide + 0x7fff + ((wide >> 16) & 1)) >> 16));
    }
}
