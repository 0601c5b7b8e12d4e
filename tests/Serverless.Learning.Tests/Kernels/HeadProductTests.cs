using Serverless.Learning.Kernels;
using Serverless.Learning.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Kernels;

/// <summary>A frozen head that stands in memory in bfloat16, of several tiles, against the same values in float32.</summary>
public sealed class HeadProductTests : IDisposable
{
    // Sums of up to 5,000 fp32 products, in another order.
    private const double Tolerance = 2e-5;

    private readonly DisposeScope scope;
    private readonly Tensor hidden, head, targets;

    public HeadProductTests()
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

    [Fact]
    public void It_never_stands_in_memory_in_float32()
    {
        Assert.Same(head, HeadProduct.Factor(head, ScalarType.Float32));
        Assert.Equal(ScalarType.BFloat16, HeadProduct.Factor(head.to(ScalarType.Float32), ScalarType.BFloat16).dtype);
    }

    public void Dispose() => scope.Dispose();
}
