using Serverless.Learning.Native;
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
        var inputs = new List<Tensor> { x };
        foreach (var factor in factors)
        {
            if (factor.A is not null) inputs.AddRange([factor.A, factor.B!]);
        }
        var isRecorded = GraphNode.IsNeeded([.. inputs]);
        var terms = new AdaptedTerm[factors.Length];
        var products = new Tensor[factors.Length];
        using (no_grad())
        {
            for (var i = 0; i < terms.Length; i++)
            {
                terms[i] = AdaptedTerm.Of(factors[i], x);
                products[i] = terms[i].Product(x);
            }
        }
        if (isRecorded)
        {
            var kept = GraphNode.Keep(x);
            var ofX = x.requires_grad;
            GraphNode.Record(products, [.. inputs], [kept, .. terms.SelectMany(term => term.Kept())], gradients => AdaptedGradients(kept, terms, gradients, ofX));
        }
        foreach (var product in products) product.MoveToOuterDisposeScope();
        return products;
    }

    private static Tensor?[] AdaptedGradients(Tensor x, AdaptedTerm[] terms, Tensor?[] gradients, bool ofX)
    {
        Tensor? dx = null;
        var all = new List<Tensor?> { null };
        for (var i = 0; i < terms.Length; i++)
        {
            var gradient = gradients[i]?.contiguous();
            if (gradient is not null && ofX)
            {
                if (dx is null) dx = terms[i].Matrix.InputGradient(gradient);
                else terms[i].Matrix.AddInputGradient(dx, gradient);
            }
            if (terms[i].IsAdapted) all.AddRange(gradient is null ? [null, null] : terms[i].UpdateGradients(x, gradient, dx));
        }
        all[0] = dx;
        return [.. all];
    }

    /// <summary>One product of several, with the low-rank factors in the dtype that is computed in.</summary>
    /// <param name="A">[R, in], or null.</param>
    /// <param name="B">The update's scale times B, [out, R], or null.</param>
    /// <param name="Inner">x A^T [N, R], or null.</param>
    private readonly record struct AdaptedTerm(FrozenMatrix Matrix, Tensor? A, Tensor? B, Tensor? Inner, double Scale)
    {
        public bool IsAdapted => A is not null;

        public static AdaptedTerm Of(AdaptedFactor factor, Tensor x)
        {
            if (factor.A is null) return new AdaptedTerm(factor.Matrix, null, null, null, 0);
            var a = factor.A.detach().to(x.dtype);
            return new AdaptedTerm(factor.Matrix, a, factor.B!.mul(Operand.Of(factor.Scale)).to(x.dtype), mm(x, a.t()), factor.Scale);
        }

        public Tensor Product(Tensor x)
        {
            var product = Matrix.Product(x);
            if (IsAdapted) product.addmm_(Inner!, B!.t(), 1f, 1f);
            return product;
        }

        /// <summary>What <see cref="UpdateGradients"/> reads, as the graph keeps it.</summary>
        public IEnumerable<Tensor> Kept() => IsAdapted ? [A!.DetachFromDisposeScope(), B!.DetachFromDisposeScope(), Inner!.DetachFromDisposeScope()] : [];

        /// <summary>Gradients of A and B, float32; that of x through them is added to <paramref name="dx"/>.</summary>
        public Tensor?[] UpdateGradients(Tensor x, Tensor gradient, Tensor? dx)
        {
            var ofInner = mm(gradient, B!);
            dx?.addmm_(ofInner, A!, 1f, 1f);
            return
            [
                mm(ofInner.t(), x).to(ScalarType.Float32),
                // Faster than as dy^T (x A^T), whose first factor is the larger one.
                mm(Inner!.t(), gradient).t().to(ScalarType.Float32).mul_(Operand.Of(Scale)),
            ];
        }
    }
}
