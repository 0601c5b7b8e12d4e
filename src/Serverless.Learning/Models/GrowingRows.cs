using Serverless.Learning.Adapters;
using Serverless.Learning.Kernels;
using static TorchSharp.torch;

namespace Serverless.Learning.Models;

/// <summary>Adapters on the products of texts that grow together: one for all rows, or each row with its own.</summary>
internal static class GrowingRows
{
    /// <summary>Products with one adapter, or none, around each.</summary>
    /// <param name="products">x W^T, [N, out] each, which may be changed.</param>
    /// <param name="input">x [N, in].</param>
    /// <returns>[N, out] each, owned by the caller's dispose scope.</returns>
    public static Tensor[] Adapt(Tensor[] products, LoraPair?[] pairs, Tensor input)
    {
        if (Array.TrueForAll(pairs, pair => pair is null)) return products;
        if (Array.Exists(pairs, pair => pair is { Update: null }))
            return [.. products.Select((product, i) => pairs[i]?.Apply(input, product, null) ?? product)];
        var adapted = LayerOperations.AddLowRank(products, input, [.. pairs.Select(pair => pair?.Update)]);
        return [.. adapted.Select((product, i) => pairs[i]?.Rescale(product) ?? product)];
    }

    /// <summary>Products of rows that each have an adapter of their own, or none.</summary>
    /// <param name="products">x W^T, [N, out] each, which may be changed.</param>
    /// <param name="linears">Whose products they are.</param>
    /// <param name="input">x [N, in].</param>
    /// <param name="adapters">N adapters over the weights of these products.</param>
    /// <returns>[N, out] each, owned by the caller's dispose scope. Each row has the bits that it has with its adapter around all rows.</returns>
    public static Tensor[] Adapt(Tensor[] products, Linear[] linears, Tensor input, IReadOnlyList<LoraAdapter?> adapters)
    {
        if (adapters.All(adapter => adapter == adapters[0]))
            return Adapt(products, [.. linears.Select(linear => adapters[0]?.PairAround(linear.Path))], input);
        var updates = new LowRankUpdate?[linears.Length * adapters.Count];
        for (var i = 0; i < linears.Length; i++)
            for (var row = 0; row < adapters.Count; row++)
                updates[i * adapters.Count + row] = adapters[row]?.PairAround(linears[i].Path)?.Update;
        var adapted = LayerOperations.AddLowRankByRow(products, input, updates);
        foreach (var adapter in adapters.OfType<LoraAdapter>().Where(adapter => adapter.Options.WeightDecomposed).Distinct())
        {
            using var scope = NewDisposeScope();
            var rows = tensor(Enumerable.Range(0, adapters.Count).Where(row => adapters[row] == adapter).Select(row => (long)row).ToArray());
            for (var i = 0; i < linears.Length; i++)
            {
                if (adapter.PairAround(linears[i].Path) is { } pair) adapted[i].index_copy_(0, rows, pair.Rescale(adapted[i].index_select(0, rows)));
            }
        }
        return adapted;
    }
}
