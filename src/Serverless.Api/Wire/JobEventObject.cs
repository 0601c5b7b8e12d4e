using System.Text.Json;

namespace Serverless.Api.Wire;

/// <summary>Something that happened in a job, or a row of metrics.</summary>
internal sealed record JobEventObject
{
    public string Object { get; } = "fine_tuning.job.event";

    public required string Id { get; init; }

    public required long CreatedAt { get; init; }

    /// <summary>info, warn or error.</summary>
    public required string Level { get; init; }

    public required string Message { get; init; }

    /// <summary>message or metrics.</summary>
    public required string Type { get; init; }

    /// <summary>An object; empty when there is nothing to add.</summary>
    public required JsonElement Data { get; init; }
}
