using System.Text.Json;

namespace Serverless.Service.Jobs;

/// <summary>Something that happened to a job, as its owner reads it.</summary>
public sealed record JobEvent
{
    public required DateTimeOffset CreatedAt { get; init; }

    public EventLevel Level { get; init; }

    public required string Message { get; init; }

    public EventType Type { get; init; }

    /// <summary>What the wire shows as <c>data</c>, an object; null stands for the empty one.</summary>
    public JsonElement? Data { get; init; }
}
