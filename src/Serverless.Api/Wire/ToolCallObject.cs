using System.Text.Json.Serialization;

namespace Serverless.Api.Wire;

/// <summary>A model's call of a tool, whole or as a piece of a stream.</summary>
internal sealed record ToolCallObject
{
    /// <summary>Which of an answer's calls this piece belongs to; streams only.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Index { get; init; }

    /// <summary>Left out of a stream's pieces after the call's first, as is <see cref="Type"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Id { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Type { get; init; }

    public required FunctionCallObject Function { get; init; }

    /// <summary>A call with a new id in OpenAI's form.</summary>
    public static ToolCallObject Of(FunctionCallObject function) => new() { Id = $"call_{Guid.NewGuid():N}"[..29], Type = "function", Function = function };
}
