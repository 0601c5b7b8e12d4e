using static TorchSharp.torch;

namespace Serverless.Learning.Kernels;

public static unsafe partial class Fused
{
    /// <summary>
    /// x W^T + scale (x A^T) B^T for each of some factors, which share x (Hu et al., arXiv 2106.09685, equation 3): one node of the graph for
    /// all, which keeps x once and nothing of the frozen matrices. Updates, and sums of gradients, are added by the products themselves
    /// instead of in passes of their own.
    /// </summary>
    /// <param name="x">[N, in], float32 or bfloat16; the products are computed in this dtype.</param>
    /// <param name="factors">At most three, each [out, in].</param>
    /// <returns>[N, out] each, x's dtype, owned by the caller's dispose scope.</returns>
    internal static Tensor[] AdaptedProducts(Tensor x, params ReadOnlySpan<AdaptedFactor> factors)
    {
        using var scope = NewDisposeScope();
        var products = new Tensor[factors.Length];
        var matrices = new FrozenMatrix[factors.Length];
        LowRankGroup? updates;
        using (no_grad())
        {
            updates = LowRankGroup.Of(x, factors);
            for (var i = 0; i < products.Length; i++)
            {
                matrices[i] = factors[i].Matrix;
                products[i] = matrices[i].Product(x);
                updates?.AddTo(products[i], i);
            }
        }
        List<Tensor> inputs = [x];
        foreach (var factor in factors)
        {
            if (factor.A is not null) inputs.AddRange([factor.A, factor.B!]);
        }
        if (GraphNode.IsNeeded([.. inputs]))
        {
            var kept = GraphNode.Keep(x);
            var ofX = x.requires_grad;
            GraphNode.Record(products, [.. inputs], [kept, .. updates?.Kept() ?? []], gradients =>
            {
                var incoming = gradients.Select(gradient => gradient?.contiguous()).ToArray();
                var dx = ofX ? InputGradient(matrices, incoming) : null;
                return [dx, .. updates?.Gradients(kept, incoming, dx) ?? []];
            });
        }
        foreach (var product in products) product.MoveToOuterDisposeScope();
        return products;
    }

    /// <summary>The gradient of x through the frozen matrices; there is one at least.</summary>
    private static Tensor InputGradient(FrozenMatrix[] matrices, Tensor?[] gradients)
    {
        Tensor? dx = null;
        for (var i = 0; i < matrices.Length; i++)
        {
            if (gradients[i] is not { } gradient) continue;
            if (dx is null) dx = matrices[i].InputGradient(gradient);
            else matrices[i].AddInputGradient(dx, gradient);
        }
        return dx!;
    }
}
