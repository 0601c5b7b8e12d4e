using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Serverless.Learning.Adapters;

namespace Serverless.Service.Jobs;

/// <summary>Which weights a job's owner wants trained; null means <c>auto</c>.</summary>
public sealed record AdapterRequest
{
    [JsonConverter(typeof(JsonStringEnumConverter<AdapterKind>))]
    public AdapterKind? Type { get; init; }

    public int? Rank { get; init; }

    public double? Alpha { get; init; }

    public double? Dropout { get; init; }

    /// <summary>Whether magnitudes train apart from directions (DoRA); of low-rank updates only.</summary>
    public bool? WeightDecomposed { get; init; }

    /// <summary>Whether updates are scaled by alpha / sqrt(rank) (rsLoRA); of low-rank updates only.</summary>
    public bool? RankStabilized { get; init; }

    /// <summary>Names of linear layers, or the one entry <c>all-linear</c>.</summary>
    public ImmutableArray<string>? TargetModules { get; init; }
}
