using System.Text.Json.Serialization;

namespace Serverless.Api.Wire;

/// <summary>All models; OpenAI does not page this list.</summary>
internal sealed record ModelListObject(IReadOnlyList<ModelObject> Data)
{
    [JsonPropertyOrder(-1)]
    public string Object { get; } = "list";
}
