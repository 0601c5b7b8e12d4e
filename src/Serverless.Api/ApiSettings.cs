using Serverless.Api.Access;

namespace Serverless.Api;

/// <summary>What a head may set about the HTTP surface. The defaults fit one machine without keys.</summary>
public sealed record ApiSettings
{
    /// <summary>Keys that open the API. Without any, every request from an allowed host is served: such a head must bind to loopback only.</summary>
    public IReadOnlyList<ApiKey> Keys { get; init; } = [];

    /// <summary>
    /// Names by which this service may be addressed (the Host header, without port), besides localhost and the loopback addresses.
    /// Empty with keys set means any.
    /// </summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary>Origins of foreign pages (such as <c>https://tools.example</c>) that may send requests, besides the service's own.</summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    /// <summary>How many requests a caller (a key, or without keys an address) may send per minute; 0: any number.</summary>
    public int RequestsPerMinute { get; init; } = 6000;

    /// <summary>How many streams a caller may have open at a time; 0: any number.</summary>
    public int StreamsPerCaller { get; init; } = 64;

    /// <summary>The largest file one upload may carry, in bytes (512 MB).</summary>
    public long MaxFileBytes { get; init; } = 512L * 1024 * 1024;

    /// <summary>The largest archive of a model, in bytes (100 GB).</summary>
    public long MaxModelBytes { get; init; } = 100_000_000_000;

    /// <summary>The largest JSON body, in bytes.</summary>
    public int MaxJsonBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>
    /// The longest a generation may take before its answer ends with what there is, and a stream of updates before it ends to be opened
    /// again (the platform cuts silent requests at 230 s).
    /// </summary>
    public TimeSpan MaxGenerationTime { get; init; } = TimeSpan.FromSeconds(200);
}
