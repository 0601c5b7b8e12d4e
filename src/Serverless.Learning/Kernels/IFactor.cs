using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Serverless.Learning.Kernels;

/// <summary>How the numbers of a frozen matrix stand in memory.</summary>
internal unsafe interface IFactor<T>
    where T : unmanaged, IFactor<T>
{
    /// <summary>Eight numbers.</summary>
    static abstract Vector256<float> LoadEight(T* from);

    /// <summary>One number.</summary>
    static abstract float Get(T* from);
}

/// <summary>A single-precision number that counts as the bfloat16 next to it: what a product in bfloat16 makes of a weight in float32.</summary>
[StructLayout(LayoutKind.Sequential, Size = sizeof(float))]
internal readonly unsafe struct RoundedFp32 : IFactor<RoundedFp32>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadEight(RoundedFp32* from)
    {
        var bits = Vector256.Load((uint*)from);
        var rounded = bits + Vector256.Create(0x7fffu) + ((bits >>> 16) & Vector256<uint>.One);
        return (rounded & Vector256.Create(0xffff0000u)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Get(RoundedFp32* from)
    {
        var bits = *(uint*)from;
        return BitConverter.UInt32BitsToSingle((bits + 0x7fff + ((bits >> 16) & 1)) & 0xffff0000);
    }
}

/// <summary>A whole number from -127 to 127; what it is worth, the scale of its row says.</summary>
[StructLayout(LayoutKind.Sequential, Size = sizeof(sbyte))]
internal readonly unsafe struct Code8 : IFactor<Code8>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadEight(Code8* from)
    {
        if (Avx2.IsSupported) return Vector256.ConvertToSingle(Avx2.ConvertToVector256Int32((sbyte*)from));
        var halves = Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(long*)from).AsSByte());
        return Vector256.ConvertToSingle(Vector256.Create(Vector128.WidenLower(halves), Vector128.WidenUpper(halves)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Get(Code8* from) => *(sbyte*)from;
}
