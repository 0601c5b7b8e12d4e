using Serverless.Learning.Kernels;
using Serverless.Learning.Native;
using Serverless.Learning.Tests.Native;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Kernels;

/// <summary>
/// Values and gradients of fused attention against the plain twin. Tolerance 2e-5 relative to the largest value: both compute in fp32
/// and differ in the order of sums over up to a few hundred terms.
/// </summary>
[Collection(NativeState.Collection)]
public sealed class FusedAttentionTests
{
    public FusedAttentionTests()
    {
        NativeRuntime.EnsureLoaded();
        NativeRuntime.SetThreads(1);
    }

    [Theory]
    [InlineData(2, 4, 2, 64, 64)]
    [InlineData(1, 2, 2, 150, 32)]
    [InlineData(2, 6, 2, 37, 16)]
    [InlineData(1, 3, 1, 2, 48)]
    [InlineData(1, 4, 4, 300, 128)]
    public void CausalAttention_has_the_twins_value_and_gradients(int batch, int heads, int groups, int times, int width)
    {
        using var scope = NewDisposeScope();
        manual_seed(9);
        Compare(batch, heads, groups, times, width, null);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(40)]
    public void CausalAttention_over_packed_documents_has_the_twins_value_and_gradients(int longest)
    {
        using var scope = NewDisposeScope();
        manual_seed(10);
        var documents = rand(2, 131).lt(1.0 / longest).to(ScalarType.Int64).cumsum(1);
        Compare(2, 4, 2, 131, 32, documents);
    }

    [Theory]
    [InlineData(2)] // through a window of one nothing depends on the query
    [InlineData(5)]
    [InlineData(16)]
    [InlineData(33)]
    [InlineData(131)]
    public void CausalAttention_through_a_window_has_the_twins_value_and_gradients(int window)
    {
        using var scope = NewDisposeScope();
        manual_seed(13);
        Compare(2, 4, 2, 131, 32, null, window);
        Compare(2, 4, 2, 131, 32, rand(2, 131).lt(0.05).to(ScalarType.Int64).cumsum(1), window);
    }

    [Fact]
    public void A_soft_cap_is_computed_by_the_twin()
    {
        using var scope = NewDisposeScope();
        manual_seed(14);
        Compare(1, 2, 1, 20, 16, null, 7, 1.5);
    }

    [Fact]
    public void Documents_whose_numbers_decrease_are_computed_by_the_twin()
    {
        using var scope = NewDisposeScope();
        manual_seed(11);
        Compare(1, 2, 1, 5, 16, tensor(new long[] { 3, 3, 1, 1, 3 }).view(1, 5));
    }

    [Fact]
    public void Two_threads_give_the_bits_of_one()
    {
        using var scope = NewDisposeScope();
        manual_seed(12);
        var (q, k, v) = (randn(2, 4, 200, 64).requires_grad_(), randn(2, 2, 200, 64).requires_grad_(), randn(2, 2, 200, 64).requires_grad_());
        Tensor Gradients(int threads)
        {
            NativeRuntime.SetThreads(threads);
            foreach (var input in new[] { q, k, v }) input.grad = null;
            AutogradGraph.Backward(Fused.CausalAttention(q, k, v, null, 0.125).square().sum());
            return cat([q.grad!.flatten(), k.grad!.flatten(), v.grad!.flatten()]);
        }
        Assert.True(Gradients(1).eq(Gradients(2)).all().item<bool>());
    }

    private static void Compare(int batch, int heads, int groups, int times, int width, Tensor? documents, int? window = null, double? softCap = null)
    {
        var scale = 1 / Math.Sqrt(width);
        // As the decoder makes them: heads inside time, seen through a transposed view.
        Tensor Heads(Tensor x, int count) => x.view(batch, times, count, width).transpose(1, 2);
        Twins.AssertEqual(
            2e-5, [randn(batch, times, heads * width) * 2, randn(batch, times, groups * width), randn(batch, times, groups * width)],
            x => Plain.CausalAttention(Heads(x[0], heads), Heads(x[1], groups), Heads(x[2], groups), documents, scale, window, softCap),
            x => Fused.CausalAttention(Heads(x[0], heads), Heads(x[1], groups), Heads(x[2], groups), documents, scale, window, softCap));
    }
}
