using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using System.Text;

namespace Serverless.Learning.Native;

/// <summary>The processor this process runs on, as far as the bits of results depend on it.</summary>
internal static class Processor
{
    /// <summary>Such as <c>AuthenticAMD</c>; on other architectures their name.</summary>
    public static string Maker { get; } = ReadMaker();

    /// <summary>Maker, family and model, such as <c>AuthenticAMD 25.17</c>.</summary>
    public static string Model { get; } = ReadModel();

    public static bool HasAvx512 => Avx512F.IsSupported && Avx512BW.IsSupported && Avx512DQ.IsSupported;

    /// <summary>The widest vector instructions: <c>avx512-bf16</c>, <c>avx512</c>, <c>avx2</c>, <c>neon</c> or <c>scalar</c>.</summary>
    public static string InstructionSet =>
        HasAvx512 ? HasAvx512Bf16() ? "avx512-bf16" : "avx512"
        : Avx2.IsSupported ? "avx2"
        : AdvSimd.IsSupported ? "neon"
        : "scalar";

    private static string ReadMaker()
    {
        if (!X86Base.IsSupported) return RuntimeInformation.ProcessArchitecture.ToString();
        var (_, b, c, d) = X86Base.CpuId(0, 0);
        Span<int> letters = [b, d, c];
        return Encoding.ASCII.GetString(MemoryMarshal.AsBytes(letters));
    }

    /// <summary>Leaf 1 holds family and model with their extensions (Intel SDM volume 2, CPUID; AMD APM volume 3, appendix E).</summary>
    private static string ReadModel()
    {
        if (!X86Base.IsSupported) return Maker;
        var signature = X86Base.CpuId(1, 0).Eax;
        var family = (signature >> 8) & 15;
        var model = (signature >> 4) & 15;
        if (family is 6 or 15) model += ((signature >> 16) & 15) << 4;
        if (family == 15) family += (signature >> 20) & 255;
        return $"{Maker} {family}.{model}";
    }

    /// <summary>Leaf 7, sub-leaf 1, EAX bit 5.</summary>
    private static bool HasAvx512Bf16() =>
        X86Base.CpuId(0, 0).Eax >= 7 && X86Base.CpuId(7, 0).Eax >= 1 && (X86Base.CpuId(7, 1).Eax & (1 << 5)) != 0;
}
