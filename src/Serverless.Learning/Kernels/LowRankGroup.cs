using Serverless.Learning.Native;
using static TorchSharp.torch;

namespace Serverless.Learning.Kernels;

/// <summary>
/// The updates scale (x A^T) B^T of products that share x, computed in x's dtype. What is done with x or its gradient is done for all of them
/// in one product, by the A of all, one above the other.
/// </summary>
internal sealed class LowRankGroup
{
    /// <summary>Of each product its first row in <see cref="a"/>, B times its scale [out, R], and the scale; null where nothing is added.</summary>
    private readonly (long Row, Tensor B, double Scale)?[] updates;
    private readonly Tensor a;     // [sum of R, in]
    private readonly Tensor inner; // x A^T [N, sum of R]

    private LowRankGroup(Tensor x, (long Row, Tensor B, double Scale)?[] updates, Tensor[] a)
    {
        this.updates = updates;
        this.a = a.Length == 1 ? a[0] : cat(a, 0);
        inner = mm(x, this.a.t());
    }

    /// <summary>The updates of some factors, null if none has one. Its tensors belong to the caller's dispose scope.</summary>
    /// <param name="x">[N, in], float32 or bfloat16.</param>
    public static LowRankGroup? Of(Tensor x, ReadOnlySpan<AdaptedFactor> factors)
    {
        var updates = new (long, Tensor, double)?[factors.Length];
        var a = new List<Tensor>();
        var rows = 0L;
        for (var i = 0; i < updates.Length; i++)
        {
            if (factors[i].A is null) continue;
            a.Add(factors[i].A!.detach().to(x.dtype));
            updates[i] = (rows, factors[i].B!.mul(Operand.Of(factors[i].Scale)).to(x.dtype), factors[i].Scale);
            rows += a[^1].size(0);
        }
        return a.Count == 0 ? null : new LowRankGroup(x, updates, [.. a]);
    }

    /// <summary>Adds an update to its product.</summary>
    /// <param name="product">[N, out].</param>
    /// <param name="index">Which of the factors it is of.</param>
    public void AddTo(Tensor product, int index)
    {
        if (updates[index] is { } update) product.addmm_(Part(inner, update), update.B.t(), 1f, 1f);
    }

    /// <summary>What <see cref="Gradients"/> reads, as the graph keeps it.</summary>
    public Tensor[] Kept() => [.. updates.OfType<(long, Tensor B, double)>().Select(update => update.B).Append(a).Append(inner).Select(tensor => tensor.DetachFromDisposeScope())];

    /// <summary>
    /// Gradients of A and B of each factor that has an update, float32, null where nothing depends on the product; that of x is added to
    /// <paramref name="dx"/>.
    /// </summary>
    /// <param name="gradients">Of the products, [N, out] each, contiguous.</param>
    /// <param name="dx">[N, in], or null where it is not wanted.</param>
    public Tensor?[] Gradients(Tensor x, Tensor?[] gradients, Tensor? dx)
    {
        var ofInner = empty_like(inner);
        for (var i = 0; i < updates.Length; i++)
        {
            if (updates[i] is not { } update) continue;
            if (gradients[i] is { } gradient) Part(ofInner, update).addmm_(gradient, update.B, 0f, 1f);
            else Part(ofInner, update).zero_();
        }
        dx?.addmm_(ofInner, a, 1f, 1f);
        var ofA = mm(ofInner.t(), x).to(ScalarType.Float32);
        var all = new List<Tensor?>();
        for (var i = 0; i < updates.Length; i++)
        {
            if (updates[i] is not { } update) continue;
            if (gradients[i] is not { } gradient)
            {
                all.AddRange([null, null]);
                continue;
            }
            all.Add(ofA.narrow(0, update.Row, update.B.size(1)));
            // Faster than as dy^T (x A^T), whose first factor is the larger one.
            all.Add(mm(Part(inner, update).t(), gradient).t().to(ScalarType.Float32).mul_(Operand.Of(update.Scale)));
        }
        return [.. all];
    }

    /// <summary>The columns of an update.</summary>
    private static Tensor Part(Tensor ofAll, (long Row, Tensor B, double Scale) update) => ofAll.narrow(1, update.Row, update.B.size(1));
}
