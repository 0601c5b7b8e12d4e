using System.Globalization;
using System.Text.Json.Serialization;
using Serverless.Service.Jobs;

namespace Serverless.Api.Wire;

/// <summary>What something costs or has cost, ours: <c>amount = seconds × memory_gb × price_per_gb_second</c>.</summary>
internal sealed record CostObject
{
    public required double Amount { get; init; }

    public required string Currency { get; init; }

    public required double Seconds { get; init; }

    /// <summary>The memory of the instance, which is what is billed.</summary>
    public required double MemoryGb { get; init; }

    public required double PricePerGbSecond { get; init; }

    /// <summary>The sum in words; only in dry runs.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Computed { get; init; }

    public static CostObject Of(JobPrice price, double seconds, bool explained = false) => new()
    {
        // Beyond a millionth of a unit nobody pays.
        Amount = Math.Round(price.Of(seconds), 6),
        Currency = price.Currency,
        Seconds = Math.Round(seconds, 1),
        MemoryGb = price.MemoryGb,
        PricePerGbSecond = price.PerGbSecond,
        Computed = explained
            ? string.Create(CultureInfo.InvariantCulture, $"{seconds:0.#} s × {price.MemoryGb:0.###} GB × {(decimal)price.PerGbSecond} {price.Currency} per GB-second")
            : null,
    };
}
