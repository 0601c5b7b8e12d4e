using System.Text.Json;
using Serverless.Service.Jobs;

namespace Serverless.Api.Wire;

/// <summary>Something that happened in a job, or a row of metrics.</summary>
internal sealed record JobEventObject
{
    private static readonly JsonElement Empty = JsonDocument.Parse("{}").RootElement;

    public string Object { get; } = "fine_tuning.job.event";

    public required string Id { get; init; }

    public required long CreatedAt { get; init; }

    public required EventLevel Level { get; init; }

    public required string Message { get; init; }

    public required EventType Type { get; init; }

    /// <summary>An object; empty when there is nothing to add.</summary>
    public required JsonElement Data { get; init; }

    public static JobEventObject Of(NumberedEvent numbered) => new()
    {
        Id = numbered.Id.Value,
        CreatedAt = numbered.Event.CreatedAt.ToUnixTimeSeconds(),
        Level = numbered.Event.Level,
        Message = numbered.Event.Message,
        Type = numbered.Event.Type,
        Data = numbered.Event.Data ?? Empty,
    };
}
