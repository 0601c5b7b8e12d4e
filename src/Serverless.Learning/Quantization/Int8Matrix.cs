using Serverless.Learning.Kernels;
using static TorchSharp.torch;

namespace Serverless.Learning.Quantization;

/// <summary>
/// A frozen matrix [out, in] in 8 bits: each row has a scale, its largest magnitude over 127, and its values are whole numbers from -127 to
/// 127 times that (symmetric, as in Dettmers et al., arXiv 2208.07339, section 2, by rows of the weight). Owns its tensors.
/// </summary>
public sealed unsafe class Int8Matrix : IQuantizedMatrix
{
    private readonly Tensor codes;  // [out, in], int8
    private readonly Tensor scales; // [out], float32

    private Int8Matrix(Tensor codes, Tensor scales)
    {
        (this.codes, this.scales, Shape) = (codes.DetachFromDisposeScope(), scales.DetachFromDisposeScope(), codes.Sizes());
        Factor = new RowFactor(this.codes, this.scales);
    }

    /// <inheritdoc/>
    public long[] Shape { get; }

    /// <inheritdoc/>
    public long Bytes => codes.numel() + scales.numel() * sizeof(float);

    /// <summary>The matrix as products of a few rows read it.</summary>
    internal RowFactor Factor { get; }

    /// <summary>Rounds each value to the nearest code of its row.</summary>
    /// <param name="weight">[out, in], of any float dtype; it stays the caller's.</param>
    public static Int8Matrix Quantize(Tensor weight)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var values = weight.detach().to(ScalarType.Float32).contiguous();
        var codes = empty(weight.Sizes(), dtype: ScalarType.Int8);
        var scales = TensorMemory.NewFloats(weight.size(0));
        var slices = ThreadTeam.Slices(weight.size(0), weight.numel());
        ThreadTeam.Run(slices, new Int8Encoding
        {
            Values = TensorMemory.Floats(values), Codes = TensorMemory.Elements<sbyte>(codes), Scales = TensorMemory.Floats(scales),
            Rows = weight.size(0), Width = (int)weight.size(1), Slices = slices,
        });
        GC.KeepAlive(values);
        return new Int8Matrix(codes, scales);
    }

    /// <inheritdoc/>
    public Tensor Expand(long firstRow, long rows, ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        return RowFactor.Scaled(codes.narrow(0, firstRow, rows), scales.narrow(0, firstRow, rows)).to(dtype).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Expand(long firstRow, Tensor into)
    {
        using var scope = NewDisposeScope();
        into.copy_(Expand(firstRow, into.size(0), ScalarType.Float32));
    }

    /// <summary>Rows by number, as an embedding is read.</summary>
    /// <param name="rows">[N], int64.</param>
    /// <returns>[N, in], float32, owned by the caller's dispose scope.</returns>
    public Tensor TakeRows(Tensor rows)
    {
        using var scope = NewDisposeScope();
        return RowFactor.Scaled(codes.index_select(0, rows), scales.index_select(0, rows)).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        codes.Dispose();
        scales.Dispose();
    }
}
