using Serverless.Learning.Kernels;
using Serverless.Learning.Native;
using Serverless.Learning.Tests.Native;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Kernels;

/// <summary>
/// Values and gradients of the fused operations against their plain twins. Tolerance 2e-5 relative to the largest value: both compute in
/// fp32 (6e-8 per operation) and differ in the order of sums over up to a few hundred terms.
/// </summary>
[Collection(NativeState.Collection)]
public sealed class FusedTests
{
    private const double Tolerance = 2e-5;

    public FusedTests()
    {
        NativeRuntime.EnsureLoaded();
        NativeRuntime.SetThreads(1);
    }

    [Theory]
    [InlineData(37, 64)]
    [InlineData(3, 50)]
    [InlineData(600, 256)]
    public void RmsNorm_has_the_twins_value_and_gradients(int rows, int width)
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        Twins.AssertEqual(
            Tolerance, [randn(2, rows, width) * 3, randn(width)],
            inputs => Plain.RmsNorm(inputs[0], inputs[1], 1e-5), inputs => Fused.RmsNorm(inputs[0], inputs[1], 1e-5));
    }

    [Theory]
    [InlineData(64, false)]
    [InlineData(12, false)]
    [InlineData(64, true)]
    public void RotaryEmbedding_has_the_twins_value_and_gradient(int width, bool positionsByExample)
    {
        using var scope = NewDisposeScope();
        manual_seed(4);
        var half = positionsByExample ? rand(2, 9, width / 2) : rand(9, width / 2);
        var angles = cat([half, half], -1) * 7;
        var (cosine, sine) = (angles.cos(), angles.sin());
        Twins.AssertEqual(
            Tolerance, [randn(2, 9, 3 * width)],
            inputs => Plain.RotaryEmbedding(inputs[0].view(2, 9, 3, width).transpose(1, 2), cosine, sine),
            inputs => Fused.RotaryEmbedding(inputs[0].view(2, 9, 3, width).transpose(1, 2), cosine, sine));
    }

    [Theory]
    [InlineData(5, 9, 32)]
    [InlineData(300, 700, 144)]
    [InlineData(5, 9, 12)]
    public void TakeRows_has_the_twins_value_and_gradient(int sources, int rows, int width)
    {
        using var scope = NewDisposeScope();
        manual_seed(6);
        var taken = randint(0, sources, [rows], dtype: ScalarType.Int64);
        Twins.AssertEqual(
            Tolerance, [randn(sources, 2 * width)],
            inputs => Plain.TakeRows(inputs[0].narrow(1, width, width), taken), inputs => Fused.TakeRows(inputs[0].narrow(1, width, width), taken));
    }

    [Theory]
    [InlineData(5, 11, 1.0, null)]
    [InlineData(700, 40, 1.0, null)]
    [InlineData(700, 40, 0.7, null)]
    [InlineData(700, 40, 0.7, 4.0)]
    public void LinearLogProbabilities_have_the_twins_values_entropies_and_gradients(int rows, int vocabulary, double temperature, double? softCap)
    {
        using var scope = NewDisposeScope();
        manual_seed(11);
        var targets = randint(0, vocabulary, [rows], dtype: ScalarType.Int64);
        Tensor[] inputs = [randn(rows, 24), randn(vocabulary, 24)];
        Twins.AssertEqual(
            Tolerance, inputs,
            each => Plain.LinearLogProbabilities(each[0], each[1], targets, temperature, softCap).Values,
            each => Fused.LinearLogProbabilities(each[0], each[1], targets, temperature, softCap).Values);
        var expected = Plain.LinearLogProbabilities(inputs[0], inputs[1], targets, temperature, softCap).Entropies;
        var found = Fused.LinearLogProbabilities(inputs[0], inputs[1], targets, temperature, softCap).Entropies;
        // Sums of 40 terms of up to 20, rounded to 1e-6 each.
        Assert.InRange((found - expected).abs().max().item<float>(), 0, 1e-4);
        Assert.InRange(expected.min().item<float>(), 0, Math.Log(vocabulary));
    }

    [Theory]
    [InlineData(1, 5)]
    [InlineData(333, 768)]
    public void SwiGlu_has_the_twins_value_and_gradients(int rows, int width)
    {
        using var scope = NewDisposeScope();
        manual_seed(5);
        Twins.AssertEqual(
            Tolerance, [randn(rows, width) * 5, randn(rows, width)],
            inputs => Plain.SwiGlu(inputs[0], inputs[1]), inputs => Fused.SwiGlu(inputs[0], inputs[1]));
    }

    [Theory]
    [InlineData(1, 5)]
    [InlineData(333, 768)]
    public void GeGlu_has_the_twins_value_and_gradients(int rows, int width)
    {
        using var scope = NewDisposeScope();
        manual_seed(15);
        Twins.AssertEqual(
            Tolerance, [randn(rows, width) * 3, randn(rows, width)],
            inputs => Plain.GeGlu(inputs[0], inputs[1]), inputs => Fused.GeGlu(inputs[0], inputs[1]));
    }

    [Theory]
    [InlineData(16, 12)]
    [InlineData(96, 64)]
    public void RotaryEmbedding_of_some_channels_has_the_twins_value_and_gradient_and_passes_the_rest(int width, int size)
    {
        using var scope = NewDisposeScope();
        manual_seed(16);
        var half = rand(9, size / 2);
        var angles = cat([half, half], -1) * 7;
        var (cosine, sine) = (angles.cos(), angles.sin());
        var x = randn(2, 9, 3 * width);
        Tensor Heads(Tensor input) => input.view(2, 9, 3, width).transpose(1, 2);
        Twins.AssertEqual(
            Tolerance, [x],
            inputs => Plain.RotaryEmbedding(Heads(inputs[0]), cosine, sine), inputs => Fused.RotaryEmbedding(Heads(inputs[0]), cosine, sine));
        Assert.True(Fused.RotaryEmbedding(Heads(x), cosine, sine).narrow(3, size, width - size).eq(Heads(x).narrow(3, size, width - size)).all().item<bool>());
    }

    [Fact]
    public void LinearCrossEntropy_with_a_soft_cap_has_the_twins_loss_and_gradients_over_several_chunks()
    {
        using var scope = NewDisposeScope();
        manual_seed(17);
        var targets = randint(0, 300, [1100], dtype: ScalarType.Int64);
        Twins.AssertEqual(
            Tolerance, [randn(1100, 48), randn(300, 48) * 0.3],
            inputs => Plain.LinearCrossEntropy(inputs[0], inputs[1], targets, 0.1, softCap: 1.5).Loss,
            inputs => Fused.LinearCrossEntropy(inputs[0], inputs[1], targets, 0.1, softCap: 1.5).Loss);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0.01)]
    public void CrossEntropy_has_the_twins_loss_count_and_gradient(double scale)
    {
        using var scope = NewDisposeScope();
        manual_seed(6);
        var targets = randint(0, 1001, [70], dtype: ScalarType.Int64);
        var logits = randn(70, 1001) * 4;
        logits[0, targets[0]] = 99;
        var (plain, fused) = (Plain.CrossEntropy(logits, targets, scale), Fused.CrossEntropy(logits, targets, scale));
        Assert.True(plain.Correct > 0);
        Assert.Equal(plain.Correct, fused.Correct);
        Twins.AssertEqual(
            Tolerance, [logits],
            inputs => Plain.CrossEntropy(inputs[0], targets, scale).Loss, inputs => Fused.CrossEntropy(inputs[0], targets, scale).Loss);
    }

    [Fact]
    public void LinearCrossEntropy_has_the_twins_loss_count_and_gradients_over_several_chunks()
    {
        using var scope = NewDisposeScope();
        manual_seed(7);
        var targets = randint(0, 300, [1100], dtype: ScalarType.Int64);
        var (hidden, weight) = (randn(1100, 48), randn(300, 48) * 0.3);
        var (plain, fused) = (Plain.LinearCrossEntropy(hidden, weight, targets, 0.1), Fused.LinearCrossEntropy(hidden, weight, targets, 0.1));
        Assert.Equal(plain.Correct, fused.Correct);
        Twins.AssertEqual(
            Tolerance, [hidden, weight],
            inputs => Plain.LinearCrossEntropy(inputs[0], inputs[1], targets, 0.1).Loss,
            inputs => Fused.LinearCrossEntropy(inputs[0], inputs[1], targets, 0.1).Loss);
    }

    [Fact]
    public void No_rows_at_all_give_a_loss_of_zero()
    {
        using var scope = NewDisposeScope();
        var result = Fused.LinearCrossEntropy(Fused.RmsNorm(zeros(0, 32), ones(32), 1e-6), zeros(50, 32), zeros([0], dtype: ScalarType.Int64), 1);
        Assert.Equal((0f, 0L), (result.Loss.item<float>(), result.Correct));
        Assert.Equal(0, Fused.CrossEntropy(zeros(0, 50), zeros([0], dtype: ScalarType.Int64), 1).Loss.item<float>());
    }

    [Fact]
    public void Equal_logits_count_as_correct_for_the_first_token_only()
    {
        using var scope = NewDisposeScope();
        var logits = zeros(2, 40);
        Assert.Equal(1, Fused.CrossEntropy(logits, tensor(new long[] { 0, 5 }), 1).Correct);
    }

    [Fact]
    public void A_target_outside_the_vocabulary_is_refused()
    {
        using var scope = NewDisposeScope();
        var fault = Assert.Throws<ArgumentOutOfRangeException>(() => Fused.CrossEntropy(zeros(1, 40), tensor(new long[] { 40 }), 1));
        Assert.StartsWith("A target must be one of the 40 tokens.", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_threads_give_the_bits_of_one()
    {
        using var scope = NewDisposeScope();
        manual_seed(8);
        var (x, weight) = (randn(900, 256).requires_grad_(), randn(256).requires_grad_());
        Tensor Gradient(int threads)
        {
            NativeRuntime.SetThreads(threads);
            x.grad?.zero_();
            weight.grad?.zero_();
            AutogradGraph.Backward(Fused.RmsNorm(x, weight, 1e-6).square().sum());
            return cat([x.grad!.flatten(), weight.grad!]).clone();
        }
        Assert.True(Gradient(1).eq(Gradient(2)).all().item<bool>());
    }

    [Fact]
    public void A_step_leaves_no_tensor_behind()
    {
        using var outer = NewDisposeScope();
        var (x, weight) = (randn(64, 32).requires_grad_(), randn(32).requires_grad_());
        var targets = zeros([64], dtype: ScalarType.Int64);
        void Step()
        {
            using var scope = NewDisposeScope();
            var hidden = Fused.SwiGlu(Fused.RmsNorm(x, weight, 1e-6), x);
            AutogradGraph.Backward(Fused.LinearCrossEntropy(hidden, x, targets, 1).Loss);
        }
        Step();
        var before = Tensor.TotalCount;
        for (var i = 0; i < 10; i++) Step();
        Assert.InRange(Tensor.TotalCount - before, -3, 3);
    }

    [Fact]
    public void Walking_the_graph_twice_is_refused()
    {
        using var scope = NewDisposeScope();
        var x = randn(4, 16).requires_grad_();
        var loss = Fused.SwiGlu(x, x).sum();
        AutogradGraph.Backward(loss.alias().sum());
        var fault = Assert.Throws<InvalidOperationException>(() => AutogradGraph.Backward(loss));
        Assert.Equal("A backward pass failed: The graph was walked before; what it needs is freed.", fault.Message);
    }
}
