using Serverless.Learning.Kernels;
using Serverless.Learning.Native;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Kernels;

public sealed class RecomputationTests
{
    public RecomputationTests() => NativeRuntime.EnsureLoaded();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_block_has_the_bits_and_the_gradients_that_it_has_without(bool differentiatesInput)
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var input = randn(5, 16).requires_grad_(differentiatesInput);
        // Each is used once: where a weight is used in several places the order of the sum differs.
        var weights = Enumerable.Range(0, 4).Select(_ => randn(16).requires_grad_()).ToArray();
        Tensor First(Tensor x) => x.add(Fused.SwiGlu(Fused.RmsNorm(x, weights[0], 1e-6), x.mul(weights[1])));
        Tensor Second(Tensor x) => x.add(Fused.SwiGlu(Fused.RmsNorm(x, weights[2], 1e-6), x.mul(weights[3])));

        var kept = Walked(Second(First(input)));
        var again = Walked(Recomputation.Run(Recomputation.Run(input, First), Second));

        Assert.Equal(differentiatesInput ? 6 : 5, kept.Count);
        Assert.Equal(kept.Count, again.Count);
        Assert.All(kept.Zip(again), pair => Assert.True(pair.First.equal(pair.Second).all().item<bool>()));

        List<Tensor> Walked(Tensor result)
        {
            foreach (var leaf in weights.Append(input)) leaf.grad = null;
            AutogradGraph.Backward(result.square().sum());
            return [result.detach(), .. weights.Append(input).Select(leaf => leaf.grad).OfType<Tensor>()];
        }
    }

    [Fact]
    public void Of_a_block_only_the_input_stays_until_the_way_back()
    {
        using var scope = NewDisposeScope();
        var weight = ones(16, requires_grad: true);
        var input = randn(5, 16);
        Tensor Block(Tensor x)
        {
            for (var i = 0; i < 10; i++) x = Fused.RmsNorm(x, weight, 1e-6);
            return x;
        }

        var before = Tensor.TotalCount;
        using (NewDisposeScope())
        {
            var result = Recomputation.Run(input, Block);
            // The result, what is kept of the input, and nothing of ten norms.
            Assert.Equal(2, Tensor.TotalCount - before);
            AutogradGraph.Backward(result.sum());
        }
        Assert.InRange(Tensor.TotalCount - before, 0, 1);
    }

    [Fact]
    public void A_block_of_which_nothing_trains_may_lie_below_one_that_does()
    {
        using var scope = NewDisposeScope();
        var weight = ones(16, requires_grad: true);
        var frozen = Recomputation.Run(ones(2, 16), x => x.mul(3));
        AutogradGraph.Backward(Recomputation.Run(frozen, x => x.mul(weight)).sum());
        Assert.All(weight.grad!.data<float>(), gradient => Assert.Equal(6, gradient));
    }

    [Fact]
    public void A_fault_of_the_second_computation_is_thrown_as_itself()
    {
        using var scope = NewDisposeScope();
        var calls = 0;
        var result = Recomputation.Run(ones(2, 16), x => ++calls == 1 ? x.mul(2) : throw new InvalidOperationException("no second time"));
        var error = Assert.Throws<InvalidOperationException>(() => AutogradGraph.Backward(result.sum()));
        Assert.Equal("A backward pass failed: no second time", error.Message);
    }

    [Fact]
    public void Where_nothing_is_differentiated_the_block_is_computed_once()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var calls = 0;
        var result = Recomputation.Run(ones(2, 16), x =>
        {
            calls++;
            return x.mul(2);
        });
        Assert.Equal((1, false), (calls, result.requires_grad));
    }
}
