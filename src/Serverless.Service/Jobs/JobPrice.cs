namespace Serverless.Service.Jobs;

/// <summary>What a second of work on a job costs; fixed when the job is prepared, so that later settings do not change what it has cost.</summary>
/// <param name="Currency">The code of the currency, such as <c>USD</c>.</param>
/// <param name="PerGbSecond">The price of a gigabyte for a second.</param>
/// <param name="MemoryGb">The memory of the instance that works on it, in gigabytes of 1024 MB, as it is billed.</param>
public sealed record JobPrice(string Currency, double PerGbSecond, double MemoryGb)
{
    /// <summary>Seconds × gigabytes × price.</summary>
    public double Of(double seconds) => seconds * MemoryGb * PerGbSecond;
}
