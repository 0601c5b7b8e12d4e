using System.Text.Json.Serialization;
using Serverless.Service.Files;
using Serverless.Service.Uploads;

namespace Serverless.Api.Wire;

/// <summary>An upload in parts. Times are seconds since 1970.</summary>
internal sealed record UploadObject
{
    public required string Id { get; init; }

    public string Object { get; } = "upload";

    public required long Bytes { get; init; }

    public required long CreatedAt { get; init; }

    public required string Filename { get; init; }

    public required string Purpose { get; init; }

    public required UploadStatus Status { get; init; }

    public required long ExpiresAt { get; init; }

    /// <summary>The file, once the upload is complete.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public FileObject? File { get; init; }

    public static UploadObject Of(UploadRecord upload, DateTimeOffset now, FileRecord? file = null) => new()
    {
        Id = upload.Id.Value,
        Bytes = upload.Bytes,
        CreatedAt = upload.CreatedAt.ToUnixTimeSeconds(),
        Filename = upload.FileName,
        Purpose = upload.Purpose,
        Status = upload.StatusAt(now),
        ExpiresAt = upload.ExpiresAt.ToUnixTimeSeconds(),
        File = file is null ? null : FileObject.Of(file),
    };
}
