using Serverless.Learning.Kernels;
using static TorchSharp.torch;

namespace Serverless.Learning.Quantization;

/// <summary>
/// y = x W^T with a frozen W in few bits (for NF4: arXiv 2305.14314, equation 5). Forward and backward expand W tile by tile, and the graph
/// holds none of them.
/// </summary>
internal static class QuantizedProduct
{
    /// <param name="input">x [N, in], float32 or bfloat16; W is expanded to this dtype.</param>
    /// <param name="weight">W [out, in]; must live until the backward pass has run.</param>
    /// <returns>[N, out], the input's dtype, owned by the caller's dispose scope.</returns>
    public static Tensor Multiply(Tensor input, IQuantizedMatrix weight)
    {
        using var scope = NewDisposeScope();
        var output = TiledProduct.Forward(input, weight.Shape, weight.Expand);
        if (GraphNode.IsNeeded(input))
            GraphNode.Record([output], [input], [], gradients => [TiledProduct.Backward(gradients[0]!, weight.Shape, weight.Expand)]);
        return output.MoveToOuterDisposeScope();
    }

    /// <summary>The sum of squares of each row, [out], float32, owned by the caller's dispose scope.</summary>
    public static Tensor RowSquares(IQuantizedMatrix weight)
    {
        var (outputs, tile) = (weight.Shape[0], TiledProduct.TileRows(weight.Shape));
        var squares = TensorMemory.NewFloats(outputs);
        for (var row = 0L; row < outputs; row += tile)
        {
            using var part = NewDisposeScope();
            var rows = Math.Min(tile, outputs - row);
            squares.narrow(0, row, rows).copy_(weight.Expand(row, rows, ScalarType.Float32).square().sum(1));
        }
        return squares;
    }
}
