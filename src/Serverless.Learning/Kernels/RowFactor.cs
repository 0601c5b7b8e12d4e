using static TorchSharp.torch;

namespace Serverless.Learning.Kernels;

/// <summary>
/// A frozen matrix [M, D] as the products of a few rows read it. It keeps the tensors' address and shape, which cost a call of the native
/// library each time they are asked for; whoever owns the tensors makes another one when they are exchanged.
/// </summary>
public sealed unsafe class RowFactor
{
    /// <param name="codes">[M, D], int8, contiguous. Stays the caller's.</param>
    /// <param name="scales">[M], float32, contiguous: what the codes of each row are multiplied by. Stays the caller's.</param>
    public RowFactor(Tensor codes, Tensor scales)
        : this(codes, scales, codes.Sizes())
    {
    }

    private RowFactor(Tensor values, Tensor? scales, long[] shape)
    {
        (Values, Scales, Dtype, Outputs, Width) = (values, scales, values.dtype, shape[0], (int)shape[1]);
        Address = TensorMemory.Elements<byte>(values);
        ScaleAddress = scales is null ? null : TensorMemory.Floats(scales);
    }

    /// <summary>The factor of a matrix of numbers.</summary>
    /// <param name="values">[M, D], which stays the caller's.</param>
    /// <returns>Null where the kernels cannot read it: it is neither float32 nor bfloat16, or does not lie row after row.</returns>
    public static RowFactor? Of(Tensor values) =>
        TensorMemory.IsKernelType(values.dtype) && values.dim() == 2 && values.is_contiguous() ? new RowFactor(values, null, values.Sizes()) : null;

    /// <summary>[M, D].</summary>
    public Tensor Values { get; }

    /// <summary>[M], or null.</summary>
    public Tensor? Scales { get; }

    public ScalarType Dtype { get; }

    /// <summary>M.</summary>
    public long Outputs { get; }

    /// <summary>D.</summary>
    public int Width { get; }

    internal void* Address { get; }

    internal float* ScaleAddress { get; }

    /// <summary>The matrix as numbers, [M, D]; its own tensor where that holds them in this dtype already.</summary>
    public Tensor Numbers(ScalarType dtype) => Scales is null ? Values.to(dtype) : Scaled(Values, Scales).to(dtype);

    /// <summary>Rows of codes as numbers, [N, D], float32.</summary>
    internal static Tensor Scaled(Tensor codes, Tensor scales) => codes.to(ScalarType.Float32).mul_(scales.unsqueeze(1));
}
