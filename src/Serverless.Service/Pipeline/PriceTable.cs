using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline;

/// <summary>
/// What computing costs: the deployment's own prices, or the defaults, which are those of Azure Functions Flex Consumption: the meter
/// "On Demand Execution Time" of East US 2, USD 0.000026 for a GB-second, as the Azure Retail Prices API (https://prices.azure.com) gave it on
/// 2026-10-05; <c>infra/cost/prices.json</c> has it with its neighbours. The month's free grant of 100,000 GB-seconds and the price of calls,
/// USD 0.40 a million, are left out: both are the deployment's and not one job's.
/// </summary>
public sealed record PriceTable
{
    private const double BytesPerGb = 1L << 30;

    /// <summary>The code of the currency.</summary>
    public string Currency { get; init; } = "USD";

    /// <summary>The price of a gigabyte for a second.</summary>
    public double PerGbSecond { get; init; } = 0.000026;

    /// <summary>The memory of an instance in MB: all of it is billed while it works, whatever a job needs of it.</summary>
    public int InstanceMemoryMB { get; init; } = 4096;

    /// <summary>What a job costs a second that needs so much memory: an instance's, or the next whole gigabyte where that is too little.</summary>
    public JobPrice For(long peakBytes) => new(Currency, PerGbSecond, Math.Max(InstanceMemoryMB / 1024.0, Fits(peakBytes) ? 0 : Math.Ceiling(peakBytes / BytesPerGb)));

    /// <summary>Whether an instance has so much memory.</summary>
    public bool Fits(long peakBytes) => peakBytes <= InstanceMemoryMB * 1024L * 1024L;
}
