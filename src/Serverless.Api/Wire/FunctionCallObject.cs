using System.Text.Json.Serialization;

namespace Serverless.Api.Wire;

/// <summary>The function that a model calls.</summary>
/// <param name="Name">Null in a stream's pieces after the first.</param>
/// <param name="Arguments">JSON, as the model wrote it.</param>
internal sealed record FunctionCallObject(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Name,
    string Arguments);
