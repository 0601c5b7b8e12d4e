using System.Text.Json;
using System.Text.Json.Serialization;

namespace Serverless.Api.Wire;

/// <summary>The fields of the message that this piece adds to; empty in an answer's last piece.</summary>
internal sealed record ChatDeltaObject
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Role { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Content { get; init; }

    /// <summary>The thinking before the answer, under the name that other servers gave it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ReasoningContent { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ToolCallObject>? ToolCalls { get; init; }

    /// <summary>JSON's null in an answer's first piece, where OpenAI writes it; left out elsewhere.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonElement? Refusal { get; init; }
}
