using Serverless.Learning.Native;
using static TorchSharp.torch;

namespace Serverless.Learning.Kernels;

/// <summary>Addresses of tensors' elements. The tensor must stay referenced while the address is used.</summary>
internal static unsafe class TensorMemory
{
    public static float* Floats(Tensor tensor) => (float*)TorchSharpCalls.Data(tensor.Handle);

    public static long* Longs(Tensor tensor) => (long*)TorchSharpCalls.Data(tensor.Handle);

    /// <summary>An uninitialised fp32 tensor.</summary>
    public static Tensor NewFloats(params ReadOnlySpan<long> shape) => empty(shape, dtype: ScalarType.Float32);

    /// <summary>Whether all are fp32 on the processor, which is what the kernels read.</summary>
    public static bool AreFloats(params ReadOnlySpan<Tensor> tensors)
    {
        foreach (var tensor in tensors)
        {
            if (tensor.dtype != ScalarType.Float32) return false;
        }
        return true;
    }
}
