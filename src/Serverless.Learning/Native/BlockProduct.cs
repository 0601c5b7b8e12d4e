using System.Runtime.InteropServices;

namespace Serverless.Learning.Native;

/// <summary>
/// Products of small blocks of bfloat16 numbers, summed in float32, on the calling thread: oneDNN's, which libtorch exports for its own attention
/// (<c>at::native::cpublas::brgemm</c>). Blocks that stay in the processor's caches are multiplied at the full rate of its bfloat16
/// instructions, for which .NET 10 has no functions.
/// </summary>
internal static unsafe class BlockProduct
{
    private static delegate* unmanaged<long, long, long, long, long, long, byte, void*, void*, float*, byte, void> multiply;
    private static delegate* unmanaged<byte, void> release;

    /// <summary>Whether blocks can be multiplied: on Linux, on processors with AVX512_BF16. A rule, so that a job can be repeated.</summary>
    public static bool IsPresent => release != null;

    /// <summary>Takes the functions of the libtorch that is loaded.</summary>
    public static void Use(nint libtorchCpu)
    {
        if (Processor.InstructionSet != "avx512-bf16") return;
        multiply = (delegate* unmanaged<long, long, long, long, long, long, byte, void*, void*, float*, byte, void>)
            NativeLibrary.GetExport(libtorchCpu, "_ZN2at6native7cpublas6brgemmEllllllbPKN3c108BFloat16ES5_Pfb");
        release = (delegate* unmanaged<byte, void>)NativeLibrary.GetExport(libtorchCpu, "_ZN2at6native7cpublas14brgemm_releaseEb");
    }

    /// <summary>
    /// C = A B, or C += A B. The code for each shape is made once on each thread and kept, so shapes should be few.
    /// </summary>
    /// <param name="a">A [rows, depth], bfloat16, with <paramref name="aStride"/> numbers from one row to the next.</param>
    /// <param name="b">B [depth, columns], bfloat16, two rows interleaved: [depth / 2, columns, 2], contiguous.</param>
    /// <param name="c">C [rows, columns], with <paramref name="cStride"/> numbers from one row to the next.</param>
    public static void Multiply(int rows, int columns, int depth, void* a, nint aStride, void* b, float* c, nint cStride, bool add) =>
        multiply(rows, columns, depth, aStride, columns, cStride, add ? (byte)1 : (byte)0, a, b, c, 1);

    /// <summary>After a thread's last product of several: lets go of the processor's tile registers, where it has such.</summary>
    public static void Release() => release(1);
}
