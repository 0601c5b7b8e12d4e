using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Serverless.Learning.Native;

/// <summary>
/// How libtorch computes fp32 matrix products. By default they go to MKL, which runs at half speed on AMD processors. "medium"
/// lets oneDNN compute them, which on AMD with AVX-512 still is fp32 arithmetic (relative error 4-6e-7 against fp64); on other
/// processors it may mean bf16. Chosen by rule, never by timing, so that a job can record it and a later chunk can repeat it.
/// </summary>
internal static unsafe class MatrixPrecision
{
    public const string Highest = "highest";
    public const string Medium = "medium";

    /// <summary>The precision for a processor.</summary>
    public static string For(string maker, bool hasAvx512) =>
        OperatingSystem.IsLinux() && maker == "AuthenticAMD" && hasAvx512 ? Medium : Highest;

    /// <summary>
    /// Calls <c>at::globalContext().setFloat32MatmulPrecision(precision)</c>, exported by libtorch_cpu; TorchSharp's own wrapper throws.
    /// Linux only: the argument is laid out as libstdc++'s <c>std::string</c>.
    /// </summary>
    public static void Set(nint libtorchCpu, string precision)
    {
        var context = (delegate* unmanaged<nint>)NativeLibrary.GetExport(libtorchCpu, "_ZN2at13globalContextEv");
        var set = (delegate* unmanaged<nint, CppString*, void>)NativeLibrary.GetExport(
            libtorchCpu, "_ZN2at7Context25setFloat32MatmulPrecisionERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE");
        CppString text = default;
        text.Data = (byte*)&text.Buffer;
        text.Length = Encoding.ASCII.GetBytes(precision, text.Buffer);
        set(context(), &text);
    }

    /// <summary>libstdc++'s std::string with its text in the local buffer (at most 15 characters and the terminator).</summary>
    private struct CppString
    {
        public byte* Data;
        public nint Length;
        public LocalBuffer Buffer;
    }

    [InlineArray(16)]
    private struct LocalBuffer
    {
        private byte first;
    }
}
