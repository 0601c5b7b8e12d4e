using System.Text.Json;
using System.Text.Json.Serialization;

namespace Serverless.Api.Wire;

/// <summary>One piece of a streamed answer.</summary>
internal sealed record ChatChunkObject
{
    public string Object { get; } = "chat.completion.chunk";

    public required string Id { get; init; }

    public required long Created { get; init; }

    public required string Model { get; init; }

    public string ServiceTier { get; } = "default";

    public required string? SystemFingerprint { get; init; }

    /// <summary>Empty in the piece that carries the usage.</summary>
    public required IReadOnlyList<ChatChunkChoiceObject> Choices { get; init; }

    /// <summary>Left out unless <c>stream_options.include_usage</c> asks for it: then JSON's null in every piece but the last.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonElement? Usage { get; init; }
}
