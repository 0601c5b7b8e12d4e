using Serverless.Learning.Data;

namespace Serverless.Service.Files;

/// <summary>What the catalog knows about a file. The content is immutable; the record changes as intake goes on.</summary>
public sealed record FileRecord
{
    public required FileId Id { get; init; }

    /// <summary>The name its owner gave it, as given.</summary>
    public required string Name { get; init; }

    /// <summary>The wire's purpose, such as <c>fine-tune</c>.</summary>
    public required string Purpose { get; init; }

    public required long Bytes { get; init; }

    /// <summary>SHA-256 of the content, in lower-case hexadecimal.</summary>
    public required string Sha256 { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public FileStatus Status { get; init; }

    /// <summary>The faults, when <see cref="Status"/> is <see cref="FileStatus.Error"/>.</summary>
    public string? StatusDetails { get; init; }

    /// <summary>What intake has counted so far; where it goes on when it is not finished.</summary>
    public DatasetScan? Report { get; init; }

    /// <summary>The path in the container <c>datasets</c> that a dropped file was taken from.</summary>
    public string? DroppedFrom { get; init; }

    /// <summary>The version that was taken from there.</summary>
    public string? DroppedETag { get; init; }
}
