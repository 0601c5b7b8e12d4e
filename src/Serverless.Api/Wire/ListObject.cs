using System.Text.Json.Serialization;

namespace Serverless.Api.Wire;

/// <summary>A page of a list; <c>has_more</c> says whether asking after the last item brings more.</summary>
internal sealed record ListObject<T>(IReadOnlyList<T> Data, bool HasMore)
{
    [JsonPropertyOrder(-1)]
    public string Object { get; } = "list";
}
