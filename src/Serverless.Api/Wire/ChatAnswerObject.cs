using System.Text.Json.Serialization;

namespace Serverless.Api.Wire;

/// <summary>The message that the model wrote.</summary>
internal sealed record ChatAnswerObject(string Content)
{
    [JsonPropertyOrder(-1)]
    public string Role { get; } = "assistant";

    public string? Refusal { get; }

    public IReadOnlyList<string> Annotations { get; } = [];
}
