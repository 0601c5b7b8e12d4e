using Serverless.Learning.Kernels;
using static TorchSharp.torch;

namespace Serverless.Learning.Quantization;

/// <summary>
/// y = x W^T with a frozen W in few bits (for NF4: arXiv 2305.14314, equation 5). Forward and backward expand W part by part, so that never
/// more than two million of its values stand in memory as numbers, and the graph holds none.
/// </summary>
internal static class QuantizedProduct
{
    /// <summary>Values that are expanded at once.</summary>
    private const long TileValues = 1 << 21;

    /// <param name="input">x [N, in], float32 or bfloat16; W is expanded to this dtype.</param>
    /// <param name="weight">W [out, in]; must live until the backward pass has run.</param>
    /// <returns>[N, out], the input's dtype, owned by the caller's dispose scope.</returns>
    public static Tensor Multiply(Tensor input, IQuantizedMatrix weight)
    {
        using var scope = NewDisposeScope();
        var output = Forward(input, weight);
        if (GraphNode.IsNeeded(input))
            GraphNode.Record([output], [input], [], gradients => [Backward(gradients[0]!, weight)]);
        return output.MoveToOuterDisposeScope();
    }

    /// <summary>The sum of squares of each row, [out], float32, owned by the caller's dispose scope.</summary>
    public static Tensor RowSquares(IQuantizedMatrix weight)
    {
        var (outputs, tile) = (weight.Shape[0], TileRows(weight));
        var squares = TensorMemory.NewFloats(outputs);
        for (var row = 0L; row < outputs; row += tile)
        {
            using var part = NewDisposeScope();
            var rows = Math.Min(tile, outputs - row);
            squares.narrow(0, row, rows).copy_(weight.Expand(row, rows, ScalarType.Float32).square().sum(1));
        }
        return squares;
    }

    private static Tensor Forward(Tensor input, IQuantizedMatrix weight)
    {
        using var noGradient = no_grad();
        var (outputs, tile) = (weight.Shape[0], TileRows(weight));
        if (tile == outputs) return input.mm(weight.Expand(0, outputs, input.dtype).t());
        var output = empty([input.shape[0], outputs], dtype: input.dtype);
        for (var row = 0L; row < outputs; row += tile)
        {
            using var part = NewDisposeScope();
            var rows = Math.Min(tile, outputs - row);
            output.narrow(1, row, rows).copy_(input.mm(weight.Expand(row, rows, input.dtype).t()));
        }
        return output;
    }

    /// <summary>dx = dy W, the parts of W summed in float32.</summary>
    private static Tensor Backward(Tensor gradient, IQuantizedMatrix weight)
    {
        var (outputs, tile) = (weight.Shape[0], TileRows(weight));
        if (tile == outputs) return gradient.mm(weight.Expand(0, outputs, gradient.dtype));
        var sum = zeros([gradient.shape[0], weight.Shape[1]]);
        for (var row = 0L; row < outputs; row += tile)
        {
            using var part = NewDisposeScope();
            var rows = Math.Min(tile, outputs - row);
            sum.add_(gradient.narrow(1, row, rows).mm(weight.Expand(row, rows, gradient.dtype)));
        }
        return sum.to(gradient.dtype);
    }

    /// <summary>Rows of the parts in which a matrix is expanded; fixed by its shape alone.</summary>
    public static long TileRows(IQuantizedMatrix weight) => Math.Clamp(TileValues / weight.Shape[1], 1, weight.Shape[0]);
}
