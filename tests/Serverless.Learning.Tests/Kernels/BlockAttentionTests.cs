using Serverless.Learning.Kernels;
using Serverless.Learning.Native;
using Serverless.Learning.Tests.Native;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Kernels;

/// <summary>
/// Values and gradients of attention in bfloat16 against the plain twin in fp32 on the same numbers; on processors with bfloat16 products this
/// is attention by blocks. Tolerance 1.5e-2 relative to the largest value: probabilities, their gradients, the output and the gradient it comes
/// from are rounded to 8 bits (2e-3 each).
/// </summary>
[Collection(NativeState.Collection)]
public sealed class BlockAttentionTests
{
    private const double Tolerance = 1.5e-2;

    public BlockAttentionTests()
    {
        NativeRuntime.EnsureLoaded();
        NativeRuntime.SetThreads(1);
        manual_seed(51);
    }

    [Theory]
    [InlineData(2, 4, 2, 64, 64)]
    [InlineData(1, 2, 2, 150, 32)]
    [InlineData(2, 6, 2, 37, 16)]
    [InlineData(1, 3, 1, 2, 48)]
    [InlineData(1, 4, 4, 300, 128)]
    [InlineData(1, 9, 3, 129, 64)]
    public void Rows_of_one_text_have_the_twins_value_and_gradients(int batch, int heads, int groups, int times, int width)
    {
        using var scope = NewDisposeScope();
        Compare(batch, heads, groups, times, width, null);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(40)]
    [InlineData(100)]
    public void Packed_documents_have_the_twins_value_and_gradients(int longest)
    {
        using var scope = NewDisposeScope();
        Compare(2, 4, 2, 331, 32, rand(2, 331).lt(1.0 / longest).to(ScalarType.Int64).cumsum(1));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(33)]
    [InlineData(64)]
    [InlineData(100)]
    public void A_window_has_the_twins_value_and_gradients(int window)
    {
        using var scope = NewDisposeScope();
        Compare(2, 4, 2, 231, 32, null, window);
        Compare(2, 4, 2, 231, 32, rand(2, 231).lt(0.02).to(ScalarType.Int64).cumsum(1), window);
    }

    [Fact]
    public void Two_threads_give_the_bits_of_one()
    {
        using var scope = NewDisposeScope();
        var (q, k, v) = (Heads(Rounded(2, 200, 4 * 64), 4).requires_grad_(), Heads(Rounded(2, 200, 2 * 64), 2).requires_grad_(), Heads(Rounded(2, 200, 2 * 64), 2).requires_grad_());
        Tensor Gradients(int threads)
        {
            NativeRuntime.SetThreads(threads);
            foreach (var input in new[] { q, k, v }) input.grad = null;
            AutogradGraph.Backward(Narrow(q, k, v).square().sum());
            return cat([q.grad!.flatten(), k.grad!.flatten(), v.grad!.flatten()]);
        }
        Assert.True(Gradients(1).eq(Gradients(2)).all().item<bool>());

        static Tensor Narrow(Tensor q, Tensor k, Tensor v) => Fused.CausalAttention(
            q.to(ScalarType.BFloat16), k.to(ScalarType.BFloat16), v.to(ScalarType.BFloat16), null, 0.125).to(ScalarType.Float32);
    }

    [Fact]
    public void Blocks_are_multiplied_exactly_where_the_processor_has_bfloat16_products() =>
        Assert.Equal(OperatingSystem.IsLinux() && NativeRuntime.Fingerprint.InstructionSet == "avx512-bf16", BlockProduct.IsPresent);

    private static void Compare(int batch, int heads, int groups, int times, int width, Tensor? documents, int? window = null)
    {
        var scale = 1 / Math.Sqrt(width);
        Twins.AssertEqual(
            Tolerance, [Rounded(batch, times, heads * width) * 2, Rounded(batch, times, groups * width), Rounded(batch, times, groups * width)],
            x => Plain.CausalAttention(Heads(x[0], heads), Heads(x[1], groups), Heads(x[2], groups), documents, scale, window),
            x => Fused.CausalAttention(Narrow(x[0], heads), Narrow(x[1], groups), Narrow(x[2], groups), documents, scale, window).to(ScalarType.Float32));

        static Tensor Narrow(Tensor x, int count) => Heads(x.to(ScalarType.BFloat16), count);
    }

    /// <summary>[B, T, H*Dh] as the decoder sees it: heads inside time, through a transposed view.</summary>
    private static Tensor Heads(Tensor x, int count) => x.view(x.shape[0], x.shape[1], count, -1).transpose(1, 2);

    /// <summary>fp32 numbers that bf16 holds exactly.</summary>
    private static Tensor Rounded(params long[] shape) => randn(shape).to(ScalarType.BFloat16).to(ScalarType.Float32);
}
