using Serverless.Learning.Kernels;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Kernels;

/// <summary>Compares two implementations of one function of tensors.</summary>
internal static class Twins
{
    /// <summary>Values, and gradients of every input under the same random gradient of the output, differ by at most tolerance x the largest value.</summary>
    public static void AssertEqual(double tolerance, Tensor[] inputs, Func<Tensor[], Tensor> plain, Func<Tensor[], Tensor> fused)
    {
        using var probe = plain(inputs).detach();
        using var direction = randn_like(probe);
        var expected = Evaluate(inputs, plain, direction);
        var actual = Evaluate(inputs, fused, direction);
        for (var i = 0; i < expected.Count; i++)
        {
            var what = i == 0 ? "value" : $"gradient of input {i - 1}";
            Assert.True(actual[i].shape.SequenceEqual(expected[i].shape), $"{what}: shape [{string.Join(", ", actual[i].shape)}]");
            var error = (actual[i] - expected[i]).abs().max().item<float>() / expected[i].abs().max().item<float>();
            Assert.True(error <= tolerance, $"{what}: relative error {error:g3}");
            Assert.True(expected[i].abs().max().item<float>() > 0, $"{what} is zero everywhere: nothing was compared");
        }
    }

    private static List<Tensor> Evaluate(Tensor[] inputs, Func<Tensor[], Tensor> function, Tensor direction)
    {
        var leaves = inputs.Select(input => input.detach().clone().requires_grad_()).ToArray();
        var value = function(leaves);
        AutogradGraph.Backward((value * direction).sum());
        return [value.detach(), .. leaves.Select(leaf => leaf.grad!)];
    }
}
