using Serverless.Learning.Kernels;
using Serverless.Learning.Models;
using Serverless.Learning.Native;
using static TorchSharp.torch;

namespace Serverless.Learning.Adapters;

/// <summary>
/// The update of one linear layer W [out, in]: A [R, in] and B [out, R] (Hu et al., arXiv 2106.09685, equation 3), with DoRA also the
/// magnitudes m [out] (Liu et al., arXiv 2402.09353, equation 5). All float32. Owns its weights, not the layer's. The adapted product is computed in the
/// caller's dispose scope, which must be there: nothing else keeps alive what is made on the way.
/// </summary>
public sealed class LoraPair : IDisposable
{
    /// <summary>The least norm that is divided by, so that a row of zeros stays one.</summary>
    private const double LeastSquare = 1e-24;

    private readonly Weight wrapped;
    private readonly double dropout;
    private readonly Tensor? baseSquares; // [out], of W; with magnitudes only
    private Tensor? fixedNorms;
    private LowRankUpdate? update;

    /// <param name="wrapped">W, which stays frozen.</param>
    /// <param name="magnitude">m of a stored DoRA adapter; null begins one at the norms of W's rows.</param>
    internal LoraPair(Weight wrapped, Tensor a, Tensor b, AdapterOptions options, Tensor? magnitude = null)
    {
        using var scope = NewDisposeScope();
        this.wrapped = wrapped;
        Path = wrapped.Name[..^".weight".Length];
        Scale = options.Scaling;
        dropout = options.Dropout;
        A = new Weight(Path + ".lora_A", a.DetachFromDisposeScope());
        B = new Weight(Path + ".lora_B", b.DetachFromDisposeScope());
        if (!options.WeightDecomposed) return;
        baseSquares = wrapped.RowSquares().DetachFromDisposeScope();
        Magnitude = new Weight(Path + ".lora_magnitude_vector", (magnitude ?? Norms(baseSquares)).DetachFromDisposeScope());
    }

    /// <summary>The wrapped module's path, such as <c>model.layers.0.self_attn.q_proj</c>.</summary>
    public string Path { get; }

    public Weight A { get; }

    public Weight B { get; }

    /// <summary>m, the lengths of the rows of the adapted weight; null without DoRA.</summary>
    public Weight? Magnitude { get; }

    /// <summary>What trains.</summary>
    public IEnumerable<Weight> Weights => Magnitude is null ? [A, B] : [A, B, Magnitude];

    /// <summary>alpha / R, or alpha / sqrt(R) with rsLoRA.</summary>
    public double Scale { get; }

    /// <summary>
    /// The adapted product: x W^T + scale (drop(x) A^T) B^T, and with DoRA m / ||W + scale B A|| times that. The norm is a constant of the
    /// backward pass (arXiv 2402.09353, section 4.3). Dropout meets the low-rank branch only, also with DoRA.
    /// </summary>
    /// <param name="input">x [N, in], float32 or bfloat16; products are computed in this dtype.</param>
    /// <param name="product">x W^T [N, out], without a bias.</param>
    /// <param name="source">Masks of this step, or null where nothing is dropped (evaluation, serving, reference).</param>
    /// <returns>[N, out], the input's dtype, owned by the caller's dispose scope.</returns>
    public Tensor Apply(Tensor input, Tensor product, DropoutSource? source)
    {
        var kept = Drops(source) ? input.mul(source!.Mask(Path, input.size(1), dropout).to(input.dtype)) : input;
        var inner = nn.functional.linear(kept, A.Value.to(input.dtype));
        var adapted = product.Plus(nn.functional.linear(inner, B.Value.to(input.dtype)).mul(Operand.Of(Scale)));
        return Rescale(adapted);
    }

    /// <summary>Whether some of what the update reads is left out.</summary>
    internal bool Drops(DropoutSource? source) => source is not null && dropout > 0;

    /// <summary>The update as kernels of few rows read it, to be followed by <see cref="Rescale"/>; null where they cannot.</summary>
    internal LowRankUpdate? Update => A.Factor is { } a && B.Factor is { } b
        ? update is { } known && known.A == a && known.B == b ? known : update = new LowRankUpdate(a, b, Scale)
        : null;

    /// <summary>With DoRA, the sum of product and update times m / ||W + scale B A||; otherwise the sum itself.</summary>
    /// <param name="adapted">[N, out], float32 or bfloat16.</param>
    internal Tensor Rescale(Tensor adapted) => Magnitude is null
        ? adapted
        // In float32: a bfloat16 factor near one would round most of what the magnitudes learn away.
        : adapted.to(ScalarType.Float32).mul(Magnitude.Value.div(fixedNorms ?? RowNorms())).to(adapted.dtype);

    /// <summary>The original weight with the update merged in, [out, in], float32. Owned by the caller's dispose scope.</summary>
    /// <param name="original">[out, in], of any float dtype; for an adapter trained on quantised weights those before quantisation.</param>
    public Tensor Merge(Tensor original)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var merged = original.to(ScalarType.Float32).Plus(B.Value.mm(A.Value).mul(Operand.Of(Scale)));
        if (Magnitude is not null)
            merged = merged.mul(Magnitude.Value.div(Norms(merged.Squared().sum(1))).unsqueeze(1));
        return merged.MoveToOuterDisposeScope();
    }

    /// <summary>Takes the present values as final, so that the norms of DoRA are computed once and not with each product.</summary>
    internal void Fix()
    {
        if (Magnitude is not null) fixedNorms ??= RowNorms().DetachFromDisposeScope();
    }

    /// <summary>
    /// ||W + scale B A|| of each row, [out], without forming the sum: |w + s b A|^2 = |w|^2 + 2 s b (A w) + s^2 b (A A^T) b^T.
    /// </summary>
    private Tensor RowNorms()
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var (a, b) = (A.Value.detach(), B.Value.detach());
        var cross = b.mul(wrapped.Multiply(a).t()).sum(1).mul(Operand.Of(2 * Scale));
        var own = b.mul(b.mm(a.mm(a.t()))).sum(1).mul(Operand.Of(Scale * Scale));
        return Norms(baseSquares!.Plus(cross).Plus(own)).MoveToOuterDisposeScope();
    }

    private static Tensor Norms(Tensor squares) => squares.clamp_min(Operand.Of(LeastSquare)).sqrt();

    public void Dispose()
    {
        foreach (var weight in Weights) weight.Dispose();
        baseSquares?.Dispose();
        fixedNorms?.Dispose();
    }
}
