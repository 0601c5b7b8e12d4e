using System.Text.Json;
using Serverless.Learning.Sampling.Grammars.Patterns;

namespace Serverless.Learning.Sampling.Grammars;

/// <summary>
/// Turns a JSON schema into a grammar of the JSON that fits it, in the subset that OpenAI documents for structured outputs: <c>type</c> (one or a list),
/// <c>properties</c>, <c>required</c>, <c>additionalProperties</c>, <c>items</c>, <c>enum</c>, <c>const</c>, <c>anyOf</c>, <c>$ref</c> and
/// <c>$defs</c> (recursive too), <c>minItems</c>, <c>maxItems</c>, <c>pattern</c>, <c>format</c>, bounds of integers; besides, <c>minLength</c> and
/// <c>maxLength</c>. Annotations are ignored; every other keyword is refused with its place. Properties are written in the order of the schema, and none that it does not list.
/// </summary>
internal sealed class JsonSchemaCompiler
{
    private const int MaxCharacters = 120_000, MaxCount = 1000, MaxDepth = 128;

    private static readonly HashSet<string> Annotations =
        ["title", "description", "default", "examples", "$schema", "$id", "$comment", "$defs", "definitions", "deprecated", "readOnly", "writeOnly"];

    private static readonly HashSet<string> Known =
    [
        "type", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf", "$ref", "minItems", "maxItems",
        "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength",
        "pattern", "format",
    ];

    private static readonly string[] Types = ["object", "array", "string", "number", "integer", "boolean", "null"];

    private readonly GrammarBuilder _builder;
    private readonly JsonRules _json;
    private readonly SchemaPlace _root;
    private readonly bool _strict;
    private readonly Dictionary<string, int> _rules = [];
    private int _depth;

    public JsonSchemaCompiler(JsonElement schema, bool strict, string subject, string parameter)
        : this(schema, strict, subject, parameter, new GrammarBuilder())
    {
    }

    private JsonSchemaCompiler(JsonElement schema, bool strict, string subject, string parameter, GrammarBuilder builder, JsonRules? json = null)
    {
        _root = new SchemaPlace(schema, [], subject, parameter);
        _strict = strict;
        _builder = builder;
        _json = json ?? new JsonRules(builder);
    }

    /// <summary>A schema, known to compile by itself, as a part of another grammar.</summary>
    public static int Embed(JsonElement schema, bool strict, GrammarBuilder builder, JsonRules json, int next)
    {
        var compiler = new JsonSchemaCompiler(schema, strict, "", "", builder, json);
        return compiler.Of(compiler._root, next);
    }

    /// <exception cref="InputError">The schema is not in the subset, or nothing finite fits it.</exception>
    public Grammar Compile()
    {
        if (_root.Schema.GetRawText().Length > MaxCharacters) throw _root.Fault($"the schema is longer than {MaxCharacters} characters.");
        if (_strict && (_root.Schema.ValueKind != JsonValueKind.Object || TypesOf(_root) is not ["object"]))
        {
            var found = _root.Schema.GetRawText();
            throw _root.Fault($"schema must be a JSON Schema of 'type: \"object\"', got '{found[..Math.Min(60, found.Length)]}'.");
        }
        var root = _builder.NewRule();
        _builder.Define(root, _json.Opening(Of(_root, GrammarBuilder.End)));
        return _builder.Build(root) ?? throw _root.Fault("the schema has no finite instance: every way through its references is endless.");
    }

    /// <summary>Schemas of the same place share a rule, so that references can be recursive and repetition costs nothing.</summary>
    private int Of(SchemaPlace place, int next)
    {
        if (!_rules.TryGetValue(place.Key, out var rule))
        {
            if (++_depth > MaxDepth) throw place.Fault($"schemas and references are nested deeper than {MaxDepth} levels.");
            _rules[place.Key] = rule = _builder.NewRule();
            _builder.Define(rule, Body(place));
            _depth--;
        }
        return _builder.Call(rule, next);
    }

    private int Body(SchemaPlace place)
    {
        const int next = GrammarBuilder.End;
        if (place.Schema.ValueKind == JsonValueKind.True && !_strict) return _json.Value(next);
        if (place.Schema.ValueKind != JsonValueKind.Object) throw place.Fault($"expected an object, but got {place.Schema.GetRawText()}.");
        foreach (var field in place.Schema.EnumerateObject())
            if (!Known.Contains(field.Name) && !Annotations.Contains(field.Name)) throw place.NotPermitted(field.Name);

        if (place.Find("$ref") is { } reference) return Alone(place, "$ref", Of(Target(place, reference), next));
        if (place.Find("anyOf") is { } options) return Alone(place, "anyOf", AnyOf(place, options));
        if (place.Find("const") is { } constant) return _json.Constant(constant, next);
        if (place.Find("enum") is { } values) return Enumeration(place, values);
        return TypesOf(place) is { } types
            ? _builder.Choice([.. types.Select(type => OfType(place, type))])
            : _strict ? throw place.Fault("schema must have a 'type' key.") : _json.Value(next);
    }

    private int OfType(SchemaPlace place, string type)
    {
        const int next = GrammarBuilder.End;
        return type switch
        {
            "object" => new ObjectSchema(place, _strict, _builder, _json, Of).Build(),
            "array" => Items(place),
            "string" => Text(place),
            "integer" => IntegerRange.Of(place, _json, _builder, next),
            "number" => NoBounds(place, _json.Number(next)),
            "boolean" => _builder.Choice(_json.Literal("true", next), _json.Literal("false", next)),
            _ => _json.Literal("null", next),
        };
    }

    private int Items(SchemaPlace place)
    {
        var (least, most) = (place.Count("minItems", MaxCount) ?? 0, place.Count("maxItems", MaxCount));
        if (least > most) throw place.Fault($"'minItems' {least} is above 'maxItems' {most}.");
        if (place.Find("items") is { } items) return _json.Array(tail => Of(place.At(items, "items"), tail), least, most, GrammarBuilder.End);
        return _strict ? throw place.Fault("array schema missing items.") : _json.Array(_json.Value, least, most, GrammarBuilder.End);
    }

    private int Text(SchemaPlace place)
    {
        var (least, most) = (place.Count("minLength", MaxCount), place.Count("maxLength", MaxCount));
        if (place.Find("pattern") is { } pattern)
            return Pattern(place, "pattern", pattern.ValueKind == JsonValueKind.String ? pattern.GetString()! : throw place.Fault("'pattern' must be a string."));
        if (place.Find("format") is { } format)
        {
            var names = string.Join(", ", StringFormats.Patterns.Keys.Select(name => $"'{name}'"));
            return format.ValueKind == JsonValueKind.String && StringFormats.Patterns.TryGetValue(format.GetString()!, out var known)
                ? Pattern(place, "format", known)
                : throw place.Fault($"{format.GetRawText()} is not valid as 'format'. Supported values are: {names}.");
        }
        if (least is null && most is null) return _json.String(GrammarBuilder.End);
        return least > most ? throw place.Fault($"'minLength' {least} is above 'maxLength' {most}.") : _json.String(least ?? 0, most, GrammarBuilder.End);
    }

    private int Pattern(SchemaPlace place, string keyword, string pattern)
    {
        foreach (var other in new[] { "minLength", "maxLength", "pattern", "format" })
            if (other != keyword && place.Has(other)) throw place.Fault($"'{other}' is not permitted beside '{keyword}'.");
        try
        {
            return _json.Quoted(next => new PatternGrammar(_builder).Build(pattern, next), GrammarBuilder.End);
        }
        catch (FormatException error)
        {
            throw place.Fault($"the pattern '{pattern}' cannot be used: {error.Message}.");
        }
    }

    private int AnyOf(SchemaPlace place, JsonElement options)
    {
        if (options.ValueKind != JsonValueKind.Array || options.GetArrayLength() == 0)
            throw place.Fault("'anyOf' must be a non-empty array of schemas.");
        return _builder.Choice([.. options.EnumerateArray().Select((option, index) => Of(place.At(option, "anyOf", $"{index}"), GrammarBuilder.End))]);
    }

    private int Enumeration(SchemaPlace place, JsonElement values)
    {
        if (values.ValueKind != JsonValueKind.Array || values.GetArrayLength() == 0) throw place.Fault("'enum' must be a non-empty array.");
        var types = TypesOf(place);
        var fitting = values.EnumerateArray().Where(value => types is null || types.Any(type => IsOf(value, type))).ToArray();
        return fitting.Length == 0
            ? throw place.Fault($"no value of 'enum' is of the type {string.Join(" or ", types!.Select(type => $"'{type}'"))}.")
            : _builder.Choice([.. fitting.Select(value => _json.Constant(value, GrammarBuilder.End))]);
    }

    private SchemaPlace Target(SchemaPlace place, JsonElement reference)
    {
        var text = reference.ValueKind == JsonValueKind.String ? reference.GetString()! : "";
        if (text is not "#" && !text.StartsWith("#/", StringComparison.Ordinal))
            throw place.Fault($"'$ref' must point into the schema itself, such as '#/$defs/name', but is {reference.GetRawText()}.");
        var target = _root;
        foreach (var step in text.Split('/')[1..].Select(step => step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)))
        {
            JsonElement? found = target.Schema.ValueKind switch
            {
                JsonValueKind.Object when target.Schema.TryGetProperty(step, out var member) => member,
                JsonValueKind.Array when int.TryParse(step, out var index) && index < target.Schema.GetArrayLength() && index >= 0 => target.Schema[index],
                _ => null,
            };
            target = found is { } inner ? target.At(inner, step) : throw place.Fault($"reference to component '{text}' which was not found in the schema.");
        }
        return target;
    }

    /// <summary>A keyword that says all: what stands beside it would have to hold too.</summary>
    private static int Alone(SchemaPlace place, string keyword, int node)
    {
        foreach (var field in place.Schema.EnumerateObject())
            if (field.Name != keyword && !Annotations.Contains(field.Name)) throw place.Fault($"'{field.Name}' is not permitted beside '{keyword}'.");
        return node;
    }

    private static int NoBounds(SchemaPlace place, int node)
    {
        foreach (var keyword in IntegerRange.Keywords)
            if (place.Has(keyword)) throw place.Fault($"'{keyword}' is permitted for the type 'integer' only.");
        return node;
    }

    private static string[]? TypesOf(SchemaPlace place)
    {
        if (place.Find("type") is not { } type) return place.Has("properties") ? ["object"] : place.Has("items") ? ["array"] : null;
        string[] names = type.ValueKind switch
        {
            JsonValueKind.String => [type.GetString()!],
            JsonValueKind.Array when type.EnumerateArray().All(one => one.ValueKind == JsonValueKind.String) =>
                [.. type.EnumerateArray().Select(one => one.GetString()!)],
            _ => [],
        };
        return names.Length > 0 && names.All(Types.Contains) ? names : throw place.Fault($"{type.GetRawText()} is not valid as 'type'.");
    }

    private static bool IsOf(JsonElement value, string type) => value.ValueKind switch
    {
        JsonValueKind.Object => type == "object",
        JsonValueKind.Array => type == "array",
        JsonValueKind.String => type == "string",
        JsonValueKind.Number => type == "number" || (type == "integer" && value.TryGetDecimal(out var number) && number == decimal.Truncate(number)),
        JsonValueKind.True or JsonValueKind.False => type == "boolean",
        _ => type == "null",
    };
}
