using Serverless.Learning.Native;
using TorchSharp;

namespace Serverless.Learning.Tests.Native;

[Collection(NativeState.Collection)]
public sealed class NativeRuntimeTests
{
    [Fact]
    public void Loading_twice_is_harmless_and_a_matrix_product_works()
    {
        NativeRuntime.EnsureLoaded();
        NativeRuntime.EnsureLoaded();
        using var scope = torch.NewDisposeScope();
        var product = torch.ones(3, 4).mm(torch.ones(4, 5));
        Assert.Equal(60f, product.sum().item<float>());
    }

    [Fact]
    public void Loading_from_many_threads_at_once_is_harmless()
    {
        Parallel.For(0, 16, _ =>
        {
            NativeRuntime.EnsureLoaded();
            using var ones = torch.ones(2);
            Assert.Equal(2, ones.shape[0]);
        });
    }
}
