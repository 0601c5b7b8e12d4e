using Serverless.Service.Files;

namespace Serverless.Service.Uploads;

/// <summary>What the catalog knows about an upload in parts. Which parts there are, the storage knows: they are blocks of the file's blob.</summary>
public sealed record UploadRecord
{
    public required UploadId Id { get; init; }

    /// <summary>The id that the file will have.</summary>
    public required FileId FileId { get; init; }

    public required string FileName { get; init; }

    /// <summary>The wire's purpose, such as <c>fine-tune</c>.</summary>
    public required string Purpose { get; init; }

    /// <summary>How many bytes its owner said there will be.</summary>
    public required long Bytes { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it is given up unless it is complete.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>How long the file will exist, from its creation on; null: until it is deleted.</summary>
    public TimeSpan? FileLifetime { get; init; }

    public UploadStatus Status { get; init; }

    /// <summary>
    /// Once its completion has begun: the SHA-256 of the ids of its parts in their order, so that completing it again in the same way is harmless and in no
    /// other way possible.
    /// </summary>
    public string? PartsHash { get; init; }

    /// <summary>The status at a time: one that has run out counts as expired before anybody notes it.</summary>
    public UploadStatus StatusAt(DateTimeOffset now) => Status == UploadStatus.Pending && now >= ExpiresAt ? UploadStatus.Expired : Status;
}
