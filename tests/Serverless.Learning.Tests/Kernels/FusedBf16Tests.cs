using Serverless.Learning.Kernels;
using Serverless.Learning.Native;
using Serverless.Learning.Tests.Native;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Kernels;

/// <summary>
/// Fused operations on bf16 against the plain twin in fp32 on the same numbers. Tolerance 1e-2 relative to the largest value: a result is
/// rounded to 8 bits (2e-3), and so is the gradient it comes from.
/// </summary>
[Collection(NativeState.Collection)]
public sealed class FusedBf16Tests
{
    private const double Tolerance = 1e-2;

    public FusedBf16Tests()
    {
        NativeRuntime.EnsureLoaded();
        NativeRuntime.SetThreads(1);
        manual_seed(21);
    }

    [Theory]
    [InlineData(ScalarType.BFloat16, ScalarType.BFloat16)]
    [InlineData(ScalarType.Float32, ScalarType.BFloat16)]
    [InlineData(ScalarType.BFloat16, ScalarType.Float32)]
    public void RmsNorm_between_dtypes_has_the_twins_value_and_gradients(ScalarType from, ScalarType to)
    {
        using var scope = NewDisposeScope();
        Assert.Equal(to, Fused.RmsNorm(ones([1, 4], dtype: from), ones(4), 1e-6, to).dtype);
        Twins.AssertEqual(
            Tolerance, [Rounded(50, 88), randn(88)],
            x => Plain.RmsNorm(x[0], x[1], 1e-6), x => Fused.RmsNorm(x[0].to(from), x[1], 1e-6, to).to(ScalarType.Float32));
    }

    [Fact]
    public void RotaryEmbedding_has_the_twins_value_and_gradient()
    {
        using var scope = NewDisposeScope();
        var half = rand(7, 20);
        var angles = cat([half, half], -1);
        var (cosine, sine) = (angles.cos(), angles.sin());
        Twins.AssertEqual(
            Tolerance, [Rounded(2, 7, 3, 40)],
            x => Plain.RotaryEmbedding(x[0].transpose(1, 2), cosine, sine),
            x => Fused.RotaryEmbedding(x[0].to(ScalarType.BFloat16).transpose(1, 2), cosine, sine).to(ScalarType.Float32));
    }

    [Fact]
    public void TakeRows_has_the_twins_value_and_adds_gradients_in_fp32()
    {
        using var scope = NewDisposeScope();
        var taken = randint(0, 3, [90], dtype: ScalarType.Int64);
        Twins.AssertEqual(
            Tolerance, [Rounded(3, 48)],
            x => Plain.TakeRows(x[0], taken),
            x => Fused.TakeRows(x[0].to(ScalarType.BFloat16), taken).to(ScalarType.Float32));
    }

    [Fact]
    public void SwiGlu_has_the_twins_value_and_gradients()
    {
        using var scope = NewDisposeScope();
        Twins.AssertEqual(
            Tolerance, [Rounded(9, 77), Rounded(9, 77)],
            x => Plain.SwiGlu(x[0], x[1]),
            x => Fused.SwiGlu(x[0].to(ScalarType.BFloat16), x[1].to(ScalarType.BFloat16)).to(ScalarType.Float32));
    }

    [Fact]
    public void CausalAttention_has_the_twins_value_and_gradients()
    {
        using var scope = NewDisposeScope();
        Twins.AssertEqual(
            Tolerance, [Rounded(2, 4, 70, 32), Rounded(2, 2, 70, 32), Rounded(2, 2, 70, 32)],
            x => Plain.CausalAttention(x[0], x[1], x[2], null, 0.2),
            x => Fused.CausalAttention(x[0].to(ScalarType.BFloat16), x[1].to(ScalarType.BFloat16), x[2].to(ScalarType.BFloat16), null, 0.2)
                .to(ScalarType.Float32));
    }

    [Fact]
    public void CrossEntropy_has_the_twins_loss_and_gradient()
    {
        using var scope = NewDisposeScope();
        var targets = randint(0, 333, [60], dtype: ScalarType.Int64);
        Twins.AssertEqual(
            Tolerance, [Rounded(60, 333)],
            x => Plain.CrossEntropy(x[0], targets, 0.5).Loss, x => Fused.CrossEntropy(x[0].to(ScalarType.BFloat16), targets, 0.5).Loss);
    }

    [Fact]
    public void LinearCrossEntropy_of_bf16_hidden_and_fp32_weight_has_the_twins_loss_and_gradients()
    {
        using var scope = NewDisposeScope();
        var targets = randint(0, 200, [700], dtype: ScalarType.Int64);
        Twins.AssertEqual(
            Tolerance, [Rounded(700, 64), Rounded(200, 64) / 8],
            x => Plain.LinearCrossEntropy(x[0], x[1], targets, 0.5).Loss,
            x => Fused.LinearCrossEntropy(x[0].to(ScalarType.BFloat16), x[1], targets, 0.5).Loss);
    }

    /// <summary>fp32 numbers that bf16 holds exactly.</summary>
    private static Tensor Rounded(params long[] shape) => randn(shape).to(ScalarType.BFloat16).to(ScalarType.Float32);
}
