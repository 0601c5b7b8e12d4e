using System.Collections.Immutable;
using System.Text.Json;

namespace Serverless.Learning.Sampling.Grammars;

/// <summary>A schema inside a schema, with the way that leads to it and the words in which OpenAI refuses it.</summary>
/// <param name="Subject">What the whole schema is called, such as <c>response_format 'answer'</c>.</param>
/// <param name="Parameter">The request parameter it came in.</param>
internal sealed record SchemaPlace(JsonElement Schema, ImmutableArray<string> Path, string Subject, string Parameter)
{
    /// <summary>The same place for equal ways.</summary>
    public string Key => string.Join('\n', Path);

    public SchemaPlace At(JsonElement schema, params ReadOnlySpan<string> further) => this with { Schema = schema, Path = [.. Path, .. further] };

    public JsonElement? Find(string keyword) => Schema.TryGetProperty(keyword, out var value) ? value : null;

    public bool Has(string keyword) => Schema.TryGetProperty(keyword, out _);

    public InputError NotPermitted(string keyword) => Fault($"'{keyword}' is not permitted.");

    public InputError Fault(string what)
    {
        var context = Path.Length == 1 ? $"('{Path[0]}',)" : $"({string.Join(", ", Path.Select(step => $"'{step}'"))})";
        return new InputError($"Invalid schema for {Subject}: In context={context}, {what}", Parameter,
            Subject.StartsWith("function", StringComparison.Ordinal) ? "invalid_function_parameters" : null);
    }

    /// <summary>A count, such as <c>minItems</c>.</summary>
    public int? Count(string keyword, int most)
    {
        if (Find(keyword) is not { } value) return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var count) && count >= 0 && count <= most
            ? count
            : throw Fault($"'{keyword}' must be an integer from 0 to {most}, but is {value.GetRawText()}.");
    }
}
