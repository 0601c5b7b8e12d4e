using Serverless.Learning.Native;
using static TorchSharp.torch;

namespace Serverless.Learning.Kernels;

/// <summary>Addresses of tensors' elements. The tensor must stay referenced while the address is used.</summary>
internal static unsafe class TensorMemory
{
    public static T* Elements<T>(Tensor tensor)
        where T : unmanaged => (T*)TorchSharpCalls.Data(tensor.Handle);

    public static float* Floats(Tensor tensor) => Elements<float>(tensor);

    /// <summary>The elements of a contiguous fp32 tensor.</summary>
    public static Span<float> FloatsOf(Tensor tensor) => new(Floats(tensor), checked((int)tensor.NumberOfElements));

    public static long* Longs(Tensor tensor) => Elements<long>(tensor);

    /// <summary>An uninitialised fp32 tensor.</summary>
    public static Tensor NewFloats(params ReadOnlySpan<long> shape) => empty(shape, dtype: ScalarType.Float32);

    /// <summary>The numbers as contiguous fp32: the tensor itself where they are, which spares making another.</summary>
    public static Tensor AsFloats(Tensor tensor) => tensor.dtype == ScalarType.Float32 ? AsContiguous(tensor) : tensor.to(ScalarType.Float32).contiguous();

    /// <summary>The tensor itself where it is contiguous.</summary>
    public static Tensor AsContiguous(Tensor tensor) => tensor.is_contiguous() ? tensor : tensor.contiguous();

    /// <summary>Whether the kernels read and write this dtype.</summary>
    public static bool IsKernelType(ScalarType dtype) => dtype is ScalarType.Float32 or ScalarType.BFloat16;
}
