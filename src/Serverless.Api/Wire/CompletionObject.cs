using System.Text.Json;
using System.Text.Json.Serialization;

namespace Serverless.Api.Wire;

/// <summary>Answers to texts, whole or as a piece of a stream: OpenAI gives both the same name.</summary>
internal sealed record CompletionObject
{
    public required string Id { get; init; }

    public string Object { get; } = "text_completion";

    public required long Created { get; init; }

    public required string Model { get; init; }

    public required IReadOnlyList<CompletionChoiceObject> Choices { get; init; }

    /// <summary>Left out of a stream unless <c>stream_options.include_usage</c> asks for it: then JSON's null in every piece but the last.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonElement? Usage { get; init; }

    /// <summary>Changes when the weights behind the model's name do.</summary>
    public required string? SystemFingerprint { get; init; }
}
