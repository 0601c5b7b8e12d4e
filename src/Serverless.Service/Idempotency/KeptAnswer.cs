namespace Serverless.Service.Idempotency;

/// <summary>What a request was answered with, or that it is being worked on.</summary>
public sealed record KeptAnswer
{
    /// <summary>When work on the request began.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>A hash of what was asked, so that another request under the same key is noticed; null where it is not known.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>The status of the answer; null while the request is being worked on.</summary>
    public int? Status { get; init; }

    /// <summary>The type of the answer's body.</summary>
    public string? ContentType { get; init; }

    /// <summary>The answer's body.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }
}
