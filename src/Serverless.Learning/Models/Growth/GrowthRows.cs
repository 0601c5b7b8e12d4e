using Serverless.Learning.Adapters;

namespace Serverless.Learning.Models.Growth;

/// <summary>The N rows of a step, and the adapter that each is computed with.</summary>
internal readonly struct GrowthRows
{
    private readonly IReadOnlyList<LoraAdapter?>? adapters;

    /// <param name="count">N.</param>
    /// <param name="rounds">Whether they are computed in bfloat16.</param>
    /// <param name="adapters">N adapters of decoders beside this one, or null for none; null computes all with what is around the products.</param>
    public GrowthRows(int count, bool rounds, IReadOnlyList<LoraAdapter?>? adapters)
    {
        (Count, Rounds, this.adapters) = (count, rounds, adapters);
        AreAlike = true;
        for (var row = 1; adapters is not null && row < count; row++) AreAlike &= adapters[row] == adapters[0];
    }

    /// <summary>N.</summary>
    public int Count { get; }

    /// <summary>Whether what is computed counts as bfloat16, as it does where a tensor of that dtype holds it; it is kept in float32.</summary>
    public bool Rounds { get; }

    /// <summary>Whether all rows are computed with the same adapters, or none.</summary>
    public bool AreAlike { get; }

    /// <summary>The adapter around a product for a row; where rows are alike, that of all.</summary>
    public LoraPair? PairOn(Linear linear, int row) => adapters is null ? linear.Adapter : adapters[row]?.PairAround(linear.Path);
}
