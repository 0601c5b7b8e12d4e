using System.Text.Json.Serialization;

namespace Serverless.Api.Wire;

/// <summary>The message that the model wrote.</summary>
/// <param name="Content">Null where it consists of tool calls only.</param>
internal sealed record ChatAnswerObject(string? Content)
{
    [JsonPropertyOrder(-1)]
    public string Role { get; } = "assistant";

    /// <summary>The thinking before the answer, under the name that other servers gave it; left out where there is none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ReasoningContent { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ToolCallObject>? ToolCalls { get; init; }

    public string? Refusal { get; }

    public IReadOnlyList<string> Annotations { get; } = [];
}
