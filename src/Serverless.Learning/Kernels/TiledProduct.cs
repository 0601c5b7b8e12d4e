using Serverless.Learning.Native;
using static TorchSharp.torch;

namespace Serverless.Learning.Kernels;

/// <summary>Writes rows of a matrix as numbers, from one on.</summary>
/// <param name="into">[rows, in], contiguous, float32 or bfloat16.</param>
internal delegate void ExpandRows(long firstRow, Tensor into);

/// <summary>
/// Products with a frozen matrix W [out, in] that stands in memory in fewer bits than it is multiplied in: it is expanded tile by tile, so that
/// never more than two million of its values exist as numbers. All tiles of a product share one piece of memory.
/// </summary>
internal static class TiledProduct
{
    /// <summary>Values that are expanded at once.</summary>
    private const long TileValues = 1 << 21;

    /// <summary>Rows of the tiles; fixed by the matrix's shape alone.</summary>
    /// <param name="shape">[out, in].</param>
    public static long TileRows(long[] shape) => Math.Clamp(TileValues / shape[1], 1, shape[0]);

    /// <summary>y = x W^T, without a gradient.</summary>
    /// <param name="input">x [N, in], float32 or bfloat16; W is expanded to this dtype.</param>
    /// <param name="shape">[out, in].</param>
    /// <returns>[N, out], the input's dtype, owned by the caller's dispose scope.</returns>
    public static Tensor Forward(Tensor input, long[] shape, ExpandRows expand)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var (outputs, tile) = (shape[0], TileRows(shape));
        if (tile == outputs)
        {
            var whole = empty(shape, dtype: input.dtype);
            expand(0, whole);
            return input.mm(whole.t()).MoveToOuterDisposeScope();
        }
        var output = empty([input.size(0), outputs], dtype: input.dtype);
        var numbers = empty([tile, shape[1]], dtype: input.dtype);
        for (var row = 0L; row < outputs; row += tile)
        {
            using var part = NewDisposeScope();
            var rows = Math.Min(tile, outputs - row);
            var some = numbers.narrow(0, 0, rows);
            expand(row, some);
            output.narrow(1, row, rows).copy_(input.mm(some.t()));
        }
        return output.MoveToOuterDisposeScope();
    }

    /// <summary>dx = dy W, the tiles' shares summed in float32.</summary>
    /// <param name="gradient">dy [N, out], float32 or bfloat16; W is expanded to this dtype.</param>
    /// <param name="shape">[out, in].</param>
    /// <returns>[N, in], the gradient's dtype, owned by the caller's dispose scope.</returns>
    public static Tensor Backward(Tensor gradient, long[] shape, ExpandRows expand)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var (outputs, tile) = (shape[0], TileRows(shape));
        if (tile == outputs)
        {
            var whole = empty(shape, dtype: gradient.dtype);
            expand(0, whole);
            return gradient.mm(whole).MoveToOuterDisposeScope();
        }
        var sum = zeros([gradient.size(0), shape[1]]);
        var numbers = empty([tile, shape[1]], dtype: gradient.dtype);
        for (var row = 0L; row < outputs; row += tile)
        {
            using var part = NewDisposeScope();
            var rows = Math.Min(tile, outputs - row);
            var some = numbers.narrow(0, 0, rows);
            expand(row, some);
            sum.add_(gradient.narrow(1, row, rows).mm(some), Operand.Of(1));
        }
        return sum.to(gradient.dtype).MoveToOuterDisposeScope();
    }
}
