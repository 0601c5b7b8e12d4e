namespace Serverless.Service.Inference;

/// <summary>How much a <see cref="ModelHost"/> may keep.</summary>
public sealed record ModelHostSettings
{
    /// <summary>Where models are downloaded to, one folder per content.</summary>
    public required string CacheFolder { get; init; }

    /// <summary>The most models in memory at a time.</summary>
    public int MaxModels { get; init; } = 4;

    /// <summary>The most bytes of model folders in memory at a time; one model alone may be larger.</summary>
    public long MaxBytes { get; init; } = 4L * 1024 * 1024 * 1024;

    /// <summary>The most adapters in memory beside their bases.</summary>
    public int MaxAdapters { get; init; } = 32;

    /// <summary>How many answers of one model grow together.</summary>
    public int MaxTogether { get; init; } = 16;

    /// <summary>How many requests may wait for one model behind those whose answers grow.</summary>
    public int MaxWaiting { get; init; } = 64;
}
