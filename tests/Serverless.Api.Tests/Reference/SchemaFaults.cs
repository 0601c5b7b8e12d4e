using System.Text.Json;

namespace Serverless.Api.Tests.Reference;

/// <summary>Says where a value does not fit a JSON schema, as far as the reference uses schemas; a field that is not described counts as a fault.</summary>
internal static class SchemaFaults
{
    public static IEnumerable<string> Of(JsonElement document, JsonElement schema, JsonElement value, string path)
    {
        if (schema.TryGetProperty("$ref", out var reference))
            schema = reference.GetString()!.Split('/')[1..].Aggregate(document, (at, name) => at.GetProperty(name));
        if (schema.TryGetProperty("oneOf", out var choices))
        {
            var all = choices.EnumerateArray().Select(one => Of(document, one, value, path).ToArray()).ToArray();
            return Array.Exists(all, faults => faults.Length == 0) ? [] : all.SelectMany(faults => faults);
        }
        if (Types(schema) is { Length: > 0 } types && !types.Any(type => IsOf(type, schema, value)))
            return [$"{path} is no {string.Join(" or ", types)}"];
        return [.. Values(schema, value, path), .. value.ValueKind switch
        {
            JsonValueKind.Object => Fields(document, schema, value, path),
            JsonValueKind.Array when schema.TryGetProperty("items", out var items) => value.EnumerateArray().SelectMany((one, at) => Of(document, items, one, $"{path}[{at}]")),
            _ => [],
        }];
    }

    private static string[] Types(JsonElement schema) => !schema.TryGetProperty("type", out var type) ? []
        : type.ValueKind == JsonValueKind.Array ? [.. type.EnumerateArray().Select(one => one.GetString()!)] : [type.GetString()!];

    private static bool IsOf(string type, JsonElement schema, JsonElement value) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "null" => value.ValueKind == JsonValueKind.Null,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        "number" => value.ValueKind == JsonValueKind.Number,
        _ => throw new ArgumentException($"unknown type {type} in {schema}"),
    };

    private static IEnumerable<string> Values(JsonElement schema, JsonElement value, string path)
    {
        if (schema.TryGetProperty("const", out var only) && !JsonElement.DeepEquals(only, value))
            yield return $"{path} is {value.GetRawText()}, not {only.GetRawText()}";
        if (schema.TryGetProperty("enum", out var allowed) && !allowed.EnumerateArray().Any(one => JsonElement.DeepEquals(one, value)))
            yield return $"{path} is {value.GetRawText()}, none of {allowed.GetRawText()}";
        if (value.ValueKind != JsonValueKind.Number)
            yield break;
        if (schema.TryGetProperty("minimum", out var least) && value.GetDouble() < least.GetDouble())
            yield return $"{path} is {value.GetRawText()}, below {least.GetRawText()}";
        if (schema.TryGetProperty("maximum", out var most) && value.GetDouble() > most.GetDouble())
            yield return $"{path} is {value.GetRawText()}, above {most.GetRawText()}";
    }

    private static IEnumerable<string> Fields(JsonElement document, JsonElement schema, JsonElement value, string path)
    {
        var properties = schema.TryGetProperty("properties", out var described) ? described : default;
        if (schema.TryGetProperty("required", out var required))
            foreach (var name in required.EnumerateArray().Select(name => name.GetString()!).Where(name => !value.TryGetProperty(name, out _)))
                yield return $"{path}.{name} is missing";
        foreach (var field in value.EnumerateObject())
        {
            if (properties.ValueKind == JsonValueKind.Object && properties.TryGetProperty(field.Name, out var own))
                foreach (var fault in Of(document, own, field.Value, $"{path}.{field.Name}"))
                    yield return fault;
            else if (!schema.TryGetProperty("additionalProperties", out var more) || more.ValueKind == JsonValueKind.False)
                yield return $"{path}.{field.Name} is not described";
        }
    }
}
