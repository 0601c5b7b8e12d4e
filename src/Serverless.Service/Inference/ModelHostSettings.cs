using Serverless.Learning.Models;

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

    /// <summary>How the weights of models stand in memory.</summary>
    public MatrixStorage Storage { get; init; } = MatrixStorage.AsStored;

    /// <summary>The most bytes that are kept, of all models together, of prompts that were read, for those that begin alike; 0 for none.</summary>
    public long PrefixBytes { get; init; } = 256L * 1024 * 1024;

    /// <summary>How many answers of one model and its adapters grow together.</summary>
    public int MaxTogether { get; init; } = 16;

    /// <summary>How many requests may wait for one model and its adapters behind those whose answers grow.</summary>
    public int MaxWaiting { get; init; } = 64;
}
