using static TorchSharp.torch;

namespace Serverless.Learning.Kernels;

/// <summary>Sizes of tensors at the price of a native call each.</summary>
internal static class TensorSizes
{
    /// <summary>
    /// The sizes of all dimensions. <see cref="Tensor.shape"/> says the same through a callback that the runtime makes for each call and its finalizer thread
    /// takes apart later: while a small model trained, that thread alone took a fortieth of a core.
    /// </summary>
    public static long[] Sizes(this Tensor tensor)
    {
        var sizes = new long[tensor.dim()];
        for (var dimension = 0; dimension < sizes.Length; dimension++) sizes[dimension] = tensor.size(dimension);
        return sizes;
    }
}
