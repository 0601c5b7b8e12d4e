using System.Text.Json;

namespace Serverless.Learning.Sampling.Grammars;

/// <summary>The grammar of objects that fit a schema: its properties in their order, those that are not required there or not.</summary>
/// <param name="of">Builds the value of an inner schema.</param>
internal sealed class ObjectSchema(SchemaPlace place, bool strict, GrammarBuilder builder, JsonRules json, Func<SchemaPlace, int, int> of)
{
    public int Build()
    {
        var properties = place.Find("properties") switch
        {
            null => [],
            { ValueKind: JsonValueKind.Object } found => found.EnumerateObject().DistinctBy(property => property.Name).ToArray(),
            _ => throw place.Fault("'properties' must be an object."),
        };
        var required = Required();
        Check(properties, required);
        var additional = place.Find("additionalProperties");
        if (properties.Length == 0 && additional is not { ValueKind: JsonValueKind.False }) return AnyKeys(additional);

        // From the last property to the first: [0] where none was written before, [1] where one was.
        var end = json.Space(builder.Literal("}"u8, GrammarBuilder.End));
        int[] rest = [end, end];
        foreach (var property in properties.Reverse())
        {
            var inner = place.At(property.Value, "properties", property.Name);
            var value = json.Constant(JsonSerializer.SerializeToElement(property.Name), json.Space(builder.Literal(":"u8, json.Space(of(inner, rest[1])))));
            int[] written = [json.Space(value), json.Space(builder.Literal(","u8, json.Space(value)))];
            rest = required.Contains(property.Name) ? written : [builder.Choice(written[0], rest[0]), builder.Choice(written[1], rest[1])];
        }
        return builder.Literal("{"u8, rest[0]);
    }

    private int AnyKeys(JsonElement? additional)
    {
        if (additional is not { ValueKind: JsonValueKind.Object } schema) return json.AnyObject(GrammarBuilder.End);
        return json.ObjectOf(tail => of(place.At(schema, "additionalProperties"), tail), GrammarBuilder.End);
    }

    private HashSet<string> Required()
    {
        if (place.Find("required") is not { } required) return [];
        return required.ValueKind == JsonValueKind.Array && required.EnumerateArray().All(name => name.ValueKind == JsonValueKind.String)
            ? [.. required.EnumerateArray().Select(name => name.GetString()!)]
            : throw place.Fault("'required' must be an array of strings.");
    }

    private void Check(JsonProperty[] properties, HashSet<string> required)
    {
        if (strict && place.Find("additionalProperties") is not { ValueKind: JsonValueKind.False })
            throw place.Fault("'additionalProperties' is required to be supplied and to be false.");
        foreach (var property in properties)
            if (strict && !required.Contains(property.Name))
                throw place.Fault($"'required' is required to be supplied and to be an array including every key in properties. Missing '{property.Name}'.");
        foreach (var name in required)
            if (properties.All(property => property.Name != name)) throw place.Fault($"'required' has the extra key '{name}', which 'properties' does not have.");
    }
}
