using Serverless.Learning.Adapters;
using Serverless.Learning.Kernels;
using Serverless.Learning.Native;
using TorchSharp;

namespace Serverless.Learning.Models;

/// <summary>A product with a weight [out, in] and perhaps a bias [out], plus a low-rank adapter if one is wrapped around it.</summary>
public sealed class Linear(Weight weight, Weight? bias = null)
{
    public Weight Weight { get; } = weight;

    /// <summary>[out], or null for none.</summary>
    public Weight? Bias { get; } = bias;

    /// <summary>The module path without <c>.weight</c>, as PEFT names it.</summary>
    public string Path { get; } = weight.Name[..^".weight".Length];

    /// <summary>The adapter around this product, owned by the <see cref="LoraAdapter"/> that wrapped it; null for none.</summary>
    public LoraPair? Adapter { get; internal set; }

    /// <param name="input">[N, in], float32 or bfloat16; the product is computed in this dtype, a weight kept in another is cast.</param>
    /// <param name="dropout">The step's dropout masks while an adapter with dropout trains, otherwise null.</param>
    /// <returns>[N, out], the input's dtype, owned by the caller's dispose scope.</returns>
    public torch.Tensor Forward(torch.Tensor input, DropoutSource? dropout)
    {
        var product = Weight.Multiply(input);
        // The bias stands outside of what an adapter scales.
        return Biased(Adapter is null ? product : Adapter.Apply(input, product, dropout));
    }

    /// <summary>Several products of one input, such as those of query, key and value.</summary>
    /// <returns>In the order of the products; see <see cref="Forward(torch.Tensor, DropoutSource)"/>.</returns>
    internal static torch.Tensor[] Forward(Linear[] linears, torch.Tensor input, ForwardPass pass)
    {
        if (!pass.Generates) return Trained(linears, input, pass.Dropout);
        var products = Weight.MultiplyFrozen(input, [.. linears.Select(linear => linear.Weight)]);
        var adapted = pass.Adapters is { } adapters
            ? GrowingRows.Adapt(products, linears, input, adapters)
            : GrowingRows.Adapt(products, [.. linears.Select(linear => linear.Adapter)], input);
        return [.. adapted.Select((product, i) => linears[i].Biased(product))];
    }

    private static torch.Tensor[] Trained(Linear[] linears, torch.Tensor input, DropoutSource? dropout)
    {
        if (NativeRuntime.KernelPath == KernelPath.Plain || linears.Any(linear => linear.Weight.Frozen is null || linear.Adapter?.Drops(dropout) == true))
            return [.. linears.Select(linear => linear.Forward(input, dropout))];
        var products = Fused.AdaptedProducts(input, [.. linears.Select(linear =>
            new AdaptedFactor(linear.Weight.Frozen!, linear.Adapter?.A.Value, linear.Adapter?.B.Value, linear.Adapter?.Scale ?? 0))]);
        return [.. products.Select((product, i) => linears[i].Biased(linears[i].Adapter?.Rescale(product) ?? product))];
    }

    private torch.Tensor Biased(torch.Tensor product) => Bias is null ? product : product.Plus(Bias.Value.to(product.dtype));
}
