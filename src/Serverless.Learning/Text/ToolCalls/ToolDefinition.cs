using System.Text.Json;

namespace Serverless.Learning.Text.ToolCalls;

/// <summary>A tool that a model is offered.</summary>
/// <param name="Name">What calls name it.</param>
/// <param name="Parameters">The JSON schema of its arguments; null for any object.</param>
/// <param name="Strict">Whether arguments must fit the schema, which then must be in the subset that answers can be kept to.</param>
/// <param name="Place">The request parameter of its schema, for errors.</param>
public sealed record ToolDefinition(string Name, JsonElement? Parameters, bool Strict, string Place)
{
    /// <summary>What errors call its schema.</summary>
    public string Subject => $"function '{Name}'";
}
