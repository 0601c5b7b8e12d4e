namespace Serverless.Api.Wire;

/// <summary>A file. Times are seconds since 1970.</summary>
internal sealed record FileObject
{
    public string Object { get; } = "file";

    public required string Id { get; init; }

    public required string Purpose { get; init; }

    public required string Filename { get; init; }

    public required long Bytes { get; init; }

    public required long CreatedAt { get; init; }

    public long? ExpiresAt { get; init; }

    /// <summary>uploaded, processed or error.</summary>
    public required string Status { get; init; }

    public string? StatusDetails { get; init; }
}
