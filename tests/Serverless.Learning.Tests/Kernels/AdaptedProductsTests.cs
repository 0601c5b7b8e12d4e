using Serverless.Learning.Kernels;
using Serverless.Learning.Native;
using Serverless.Learning.Tests.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Kernels;

/// <summary>Products with adapters as one node of the graph, against libtorch's operations in float32 on the same numbers.</summary>
[Collection(NativeState.Collection)]
public sealed class AdaptedProductsTests : IDisposable
{
    private const double Scale = 0.5;
    private readonly DisposeScope scope;
    private readonly Tensor[] matrices;

    public AdaptedProductsTests()
    {
        NativeRuntime.EnsureLoaded();
        scope = NewDisposeScope();
        manual_seed(41);
        matrices = [Rounded(48, 32), Rounded(16, 32), Rounded(24, 32)];
    }

    // fp32: sums of 48 products in another order. bf16: results and the gradients that they come from are rounded to 8 bits (2e-3), sums of three once more.
    [Theory]
    [InlineData(ScalarType.Float32, ScalarType.Float32, 1e-5)]
    [InlineData(ScalarType.Float32, ScalarType.BFloat16, 1e-5)]
    [InlineData(ScalarType.BFloat16, ScalarType.BFloat16, 2e-2)]
    [InlineData(ScalarType.BFloat16, ScalarType.Float32, 2e-2)]
    public void They_have_the_value_and_gradients_of_product_plus_update(ScalarType computed, ScalarType stored, double tolerance)
    {
        var frozen = matrices.Select(matrix => new FrozenMatrix(matrix.to(stored))).ToArray();
        Twins.AssertEqual(
            tolerance, [Rounded(20, 32), Rounded(4, 32), Rounded(48, 4), Rounded(4, 32), Rounded(24, 4)],
            x => cat(
            [
                Adapted(x[0], matrices[0], x[1], x[2]), nn.functional.linear(x[0], matrices[1]), Adapted(x[0], matrices[2], x[3], x[4]),
            ], 1),
            x => cat(Fused.AdaptedProducts(
                x[0].to(computed), new AdaptedFactor(frozen[0], x[1], x[2], Scale), new AdaptedFactor(frozen[1], null, null, 0),
                new AdaptedFactor(frozen[2], x[3], x[4], Scale)), 1).to(ScalarType.Float32));
    }

    [Fact]
    public void A_product_that_nothing_depends_on_has_no_part_in_the_gradients()
    {
        var (x, a, b) = (randn(20, 32).requires_grad_(), randn(4, 32).requires_grad_(), randn(48, 4).requires_grad_());
        var frozen = matrices.Select(matrix => new FrozenMatrix(matrix)).ToArray();
        var products = Fused.AdaptedProducts(x, new AdaptedFactor(frozen[0], a, b, Scale), new AdaptedFactor(frozen[1], null, null, 0));
        AutogradGraph.Backward(products[1].sum());
        Assert.InRange((x.grad! - matrices[1].sum(0L)).abs().max().item<float>(), 0, 1e-5);
        Assert.True(a.grad is null && b.grad is null);
    }

    [Fact]
    public void Where_only_the_update_trains_it_still_has_its_gradients()
    {
        var x = randn(20, 32);
        var frozen = new FrozenMatrix(matrices[0]);
        Twins.AssertEqual(
            1e-5, [Rounded(4, 32), Rounded(48, 4)], u => Adapted(x, matrices[0], u[0], u[1]),
            u => Fused.AdaptedProducts(x, new AdaptedFactor(frozen, u[0], u[1], Scale))[0]);
    }

    public void Dispose() => scope.Dispose();

    private static Tensor Adapted(Tensor x, Tensor matrix, Tensor a, Tensor b) =>
        nn.functional.linear(x, matrix) + nn.functional.linear(nn.functional.linear(x, a), b) * Scale;

    /// <summary>fp32 numbers that bf16 holds exactly.</summary>
    private static Tensor Rounded(params long[] shape) => randn(shape).to(ScalarType.BFloat16).to(ScalarType.Float32);
}
