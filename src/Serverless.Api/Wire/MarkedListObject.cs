using System.Text.Json.Serialization;

namespace Serverless.Api.Wire;

/// <summary>A page of files or checkpoints, whose first and last ids OpenAI writes beside the list; null when it is empty.</summary>
internal sealed record MarkedListObject<T>(IReadOnlyList<T> Data, string? FirstId, string? LastId, bool HasMore)
{
    [JsonPropertyOrder(-1)]
    public string Object { get; } = "list";
}
