using static TorchSharp.torch;

namespace Serverless.Learning.Kernels;

/// <summary>
/// Trades time for memory: of a block only its input is kept, and what its backward pass needs is computed once more when its turn comes
/// (Chen et al., arXiv 1604.06174, section 3).
/// </summary>
internal static class Recomputation
{
    /// <summary>What <paramref name="block"/> makes of <paramref name="input"/>, to the bit, with the same gradients.</summary>
    /// <param name="input">What the block computes from; weights that it reads besides get their gradients too.</param>
    /// <param name="block">Gives the same for the same input, and a tensor that is not the input itself. Called twice: what it reads must live until the backward pass.</param>
    /// <returns>Owned by the caller's dispose scope.</returns>
    public static Tensor Run(Tensor input, Func<Tensor, Tensor> block)
    {
        if (!is_grad_enabled()) return block(input);
        using var scope = NewDisposeScope();
        Tensor output;
        using (no_grad()) output = block(input);
        // The engine only comes by where an input wants a gradient, and the weights are not among the inputs.
        var anchor = zeros(0, requires_grad: true);
        var kept = GraphNode.Keep(input);
        var differentiatesInput = input.requires_grad;
        GraphNode.Record([output], [input, anchor], [kept], gradients =>
        {
            using var recording = enable_grad();
            var again = kept.detach().requires_grad_(differentiatesInput);
            var result = block(again);
            // Below the lowest layer that trains there is nothing to walk.
            if (result.requires_grad) AutogradGraph.Backward(result, gradients[0]!);
            return [differentiatesInput ? again.grad : null, null];
        });
        return output.MoveToOuterDisposeScope();
    }
}
