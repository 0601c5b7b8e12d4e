using Serverless.Learning.Models;
using TorchSharp;

namespace Serverless.Learning.Adapters;

/// <summary>
/// The two factors of one low-rank adapter: y += scale * (dropout(x) A^T) B^T with A [R, in], B [out, R], float32
/// (Hu et al., arXiv 2106.09685, equation 3).
/// </summary>
public sealed class LoraPair(string path, Weight a, Weight b, double scale, double dropout) : IDisposable
{
    /// <summary>The wrapped module's path, such as <c>model.layers.0.self_attn.q_proj</c>.</summary>
    public string Path { get; } = path;

    public Weight A { get; } = a;

    public Weight B { get; } = b;

    /// <summary>alpha / R.</summary>
    public double Scale { get; } = scale;

    /// <param name="input">[N, in], float32 or bfloat16; the products are computed in this dtype.</param>
    /// <param name="source">Masks of this step, or null where nothing is dropped (evaluation, serving, reference).</param>
    /// <returns>[N, out], the input's dtype, owned by the caller's dispose scope.</returns>
    public torch.Tensor Forward(torch.Tensor input, DropoutSource? source)
    {
        var kept = source is null || dropout == 0 ? input : input.mul(source.Mask(Path, input.shape[1], dropout).to(input.dtype));
        var inner = torch.nn.functional.linear(kept, A.Value.to(input.dtype));
        return torch.nn.functional.linear(inner, B.Value.to(input.dtype)).mul(Scale);
    }

    /// <summary>scale * B A, [out, in], float32: what merging adds to the wrapped weight. Owned by the caller's dispose scope.</summary>
    public torch.Tensor Delta() => B.Value.detach().to(torch.ScalarType.Float32).mm(A.Value.detach().to(torch.ScalarType.Float32)).mul(Scale);

    public void Dispose()
    {
        A.Dispose();
        B.Dispose();
    }
}
