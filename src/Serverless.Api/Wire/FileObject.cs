using Serverless.Service.Files;

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

    public required FileStatus Status { get; init; }

    public string? StatusDetails { get; init; }

    public static FileObject Of(FileRecord file) => new()
    {
        Id = file.Id.Value,
        Purpose = file.Purpose,
        Filename = file.Name,
        Bytes = file.Bytes,
        CreatedAt = file.CreatedAt.ToUnixTimeSeconds(),
        ExpiresAt = file.ExpiresAt?.ToUnixTimeSeconds(),
        Status = file.Status,
        StatusDetails = file.StatusDetails,
    };
}
