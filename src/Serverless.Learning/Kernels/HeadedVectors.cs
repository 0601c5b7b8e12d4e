using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace Serverless.Learning.Kernels;

/// <summary>A tensor [B, H, T, Dh] in memory: contiguous in Dh, any strides before it.</summary>
internal readonly unsafe struct HeadedVectors<T>
    where T : unmanaged
{
    private readonly T* data;
    private readonly nint batchStride, headStride, timeStride;

    public HeadedVectors(Tensor tensor)
    {
        data = TensorMemory.Elements<T>(tensor);
        (batchStride, headStride, timeStride) = ((nint)tensor.stride(0), (nint)tensor.stride(1), (nint)tensor.stride(2));
    }

    public HeadedVectors(T* data, nint batchStride, nint headStride, nint timeStride)
    {
        this.data = data;
        (this.batchStride, this.headStride, this.timeStride) = (batchStride, headStride, timeStride);
    }

    /// <summary>Elements from one position to the next.</summary>
    public nint TimeStride => timeStride;

    /// <summary>The vector of an example, a head and a position.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T* At(long batch, long head, long time) => data + batch * batchStride + head * headStride + time * timeStride;
}
