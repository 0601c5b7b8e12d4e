using System.Text.Json.Serialization;

namespace Serverless.Api.Wire;

/// <summary>One file of a model's folder, and where to download it. Ours: OpenAI has no such object.</summary>
/// <param name="Path">Relative to the model's folder.</param>
/// <param name="Sha256">In hexadecimal.</param>
/// <param name="Url">Relative to this service.</param>
internal sealed record ArtefactObject(string Path, long Bytes, string Sha256, string Url)
{
    [JsonPropertyOrder(-1)]
    public string Object { get; } = "model.artefact";
}
