using Serverless.Learning.Native;
using static TorchSharp.torch;

namespace Serverless.Learning.Kernels;

/// <summary>
/// A matrix W [out, in] that does not train, as products of many rows read it: in the dtype of the products it is read where it stands, in
/// fewer bits it is widened tile by tile, in more it is rounded for each product. No graph holds what that makes.
/// </summary>
internal sealed class FrozenMatrix
{
    private readonly Tensor? numbers;
    private readonly ExpandRows expand;

    /// <param name="numbers">W, float32 or bfloat16; stays the caller's, and must live until the last product and backward pass.</param>
    public FrozenMatrix(Tensor numbers)
    {
        (Shape, this.numbers) = (numbers.Sizes(), numbers);
        expand = (firstRow, into) => into.copy_(numbers.narrow(0, firstRow, into.size(0)));
    }

    /// <param name="shape">[out, in].</param>
    /// <param name="expand">Makes numbers of rows that stand in memory as something else (for NF4: arXiv 2305.14314, equation 5).</param>
    public FrozenMatrix(long[] shape, ExpandRows expand) => (Shape, this.expand) = (shape, expand);

    /// <summary>[out, in].</summary>
    public long[] Shape { get; }

    /// <summary>W for several products in one dtype: where it has more bits it is rounded once for all, into a tensor of the caller's dispose scope.</summary>
    public static FrozenMatrix For(ScalarType dtype, Tensor numbers) =>
        new(numbers.dtype == ScalarType.BFloat16 ? numbers : numbers.to(dtype));

    /// <summary>x W^T with the gradient of x.</summary>
    /// <param name="x">[N, in], float32 or bfloat16.</param>
    /// <returns>[N, out], x's dtype, owned by the caller's dispose scope.</returns>
    public Tensor Multiply(Tensor x)
    {
        using var scope = NewDisposeScope();
        var product = Product(x);
        if (GraphNode.IsNeeded(x)) GraphNode.Record([product], [x], [], gradients => [InputGradient(gradients[0]!)]);
        return product.MoveToOuterDisposeScope();
    }

    /// <summary>x W^T, without a gradient.</summary>
    /// <param name="x">[N, in], float32 or bfloat16.</param>
    /// <returns>[N, out], x's dtype, owned by the caller's dispose scope.</returns>
    public Tensor Product(Tensor x)
    {
        using var noGradient = no_grad();
        if (IsExpandedFor(x)) return TiledProduct.Forward(x, Shape, expand);
        using var scope = NewDisposeScope();
        return mm(x, numbers!.to(x.dtype).t()).MoveToOuterDisposeScope();
    }

    /// <summary>dy W, the gradient of x.</summary>
    /// <param name="gradient">dy [N, out], float32 or bfloat16.</param>
    /// <returns>[N, in], the gradient's dtype, owned by the caller's dispose scope.</returns>
    public Tensor InputGradient(Tensor gradient)
    {
        using var noGradient = no_grad();
        if (IsExpandedFor(gradient)) return TiledProduct.Backward(gradient, Shape, expand);
        using var scope = NewDisposeScope();
        return mm(gradient, numbers!.to(gradient.dtype)).MoveToOuterDisposeScope();
    }

    /// <summary>sum += dy W, in one pass over the sum where W stands in its dtype.</summary>
    /// <param name="sum">[N, in], of the gradient's dtype.</param>
    public void AddInputGradient(Tensor sum, Tensor gradient)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        if (IsExpandedFor(gradient)) sum.add_(TiledProduct.Backward(gradient, Shape, expand), Operand.Of(1));
        else sum.addmm_(gradient, numbers!.to(gradient.dtype), 1f, 1f);
    }

    /// <summary>The sum of squares of each row, [out], float32, owned by the caller's dispose scope.</summary>
    public Tensor RowSquares()
    {
        using var noGradient = no_grad();
        var (outputs, tile) = (Shape[0], TiledProduct.TileRows(Shape));
        var squares = TensorMemory.NewFloats(outputs);
        for (var row = 0L; row < outputs; row += tile)
        {
            using var part = NewDisposeScope();
            var some = TensorMemory.NewFloats(Math.Min(tile, outputs - row), Shape[1]);
            expand(row, some);
            squares.narrow(0, row, some.size(0)).copy_(some.mul_(some).sum(1));
        }
        return squares;
    }

    private bool IsExpandedFor(Tensor factor) =>
        numbers is null || numbers.dtype == ScalarType.BFloat16 && factor.dtype == ScalarType.Float32;
}
