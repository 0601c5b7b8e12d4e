using Serverless.Learning.Kernels;
using Serverless.Learning.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Kernels;

/// <summary>A frozen head that stands in memory in bfloat16, of several tiles, against the same values in float32.</summary>
public sealed class FrozenMatrixTests : IDisposable
{
    // Sums of up to 5,000 fp32 products, in another order.
    private const double Tolerance = 2e-5;

    private readonly DisposeScope scope;
    private readonly Tensor hidden, head, targets;

    public FrozenMatrixTests()
    {
        NativeRuntime.EnsureLoaded();
        scope = NewDisposeScope();
        manual_seed(31);
        (hidden, targets) = (randn(7, 1024), randint(0, 5000, [7], dtype: ScalarType.Int64));
        head = (randn(5000, 1024) * 0.05).to(ScalarType.BFloat16);
        Assert.Equal(2048, TiledProduct.TileRows(head.shape));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(2.0)]
    public void LinearCrossEntropy_has_the_twins_loss_count_and_gradient(double? softCap)
    {
        var (plain, fused) = (Plain.LinearCrossEntropy(hidden, head, targets, 0.1, softCap), Fused.LinearCrossEntropy(hidden, head, targets, 0.1, softCap));
        Assert.Equal(plain.Correct, fused.Correct);
        Twins.AssertEqual(
            Tolerance, [hidden],
            inputs => Plain.LinearCrossEntropy(inputs[0], head, targets, 0.1, softCap).Loss,
            inputs => Fused.LinearCrossEntropy(inputs[0], head, targets, 0.1, softCap).Loss);
    }

    [Fact]
    public void LinearLogProbabilities_have_the_twins_values_and_gradient() => Twins.AssertEqual(
        Tolerance, [hidden],
        inputs => Plain.LinearLogProbabilities(inputs[0], head, targets, 0.8).Values,
        inputs => Fused.LinearLogProbabilities(inputs[0], head, targets, 0.8).Values);

    [Theory]
    [InlineData(ScalarType.Float32, ScalarType.Float32, Tolerance)]
    [InlineData(ScalarType.BFloat16, ScalarType.Float32, Tolerance)]
    [InlineData(ScalarType.Float32, ScalarType.BFloat16, 1e-2)]
    [InlineData(ScalarType.BFloat16, ScalarType.BFloat16, 1e-2)]
    public void A_matrix_of_any_dtype_multiplies_as_the_same_numbers_in_float32(ScalarType stored, ScalarType computed, double tolerance)
    {
        var wide = head.to(ScalarType.Float32);
        var matrix = new FrozenMatrix(head.to(stored));
        Twins.AssertEqual(
            tolerance, [hidden.to(ScalarType.BFloat16).to(ScalarType.Float32)],
            inputs => nn.functional.linear(inputs[0], wide), inputs => matrix.Multiply(inputs[0].to(computed)).to(ScalarType.Float32));

        var (sum, gradient) = (ones([7, 1024], dtype: computed), randn(7, 5000).to(computed));
        matrix.AddInputGradient(sum, gradient);
        var expected = mm(gradient.to(ScalarType.Float32), wide).add(1);
        Assert.InRange(Largest(sum.to(ScalarType.Float32) - expected) / Largest(expected), 0, tolerance);
        Assert.InRange(Largest(matrix.RowSquares() - wide.square().sum(1)) / Largest(wide.square().sum(1)), 0, Tolerance);
    }

    [Fact]
    public void The_graph_of_a_product_keeps_no_copy_of_the_matrix()
    {
        var matrix = new FrozenMatrix(head);
        hidden.requires_grad_();
        var before = Tensor.TotalCount;
        var product = matrix.Multiply(hidden);
        Assert.Equal(1, Tensor.TotalCount - before);
        AutogradGraph.Backward(product.sum());
        Assert.True(hidden.grad is not null);
    }

    private static float Largest(Tensor numbers) => numbers.abs().max().item<float>();

    public void Dispose() => scope.Dispose();
}
