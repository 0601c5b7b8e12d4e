using System.Text;
using System.Text.Json;
using Serverless.Learning.Sampling.Grammars;
using Serverless.Learning.Text;

namespace Serverless.Learning.Tests.Sampling.Grammars;

public sealed class GrammarTests(LoadedTinyModel tiny) : IClassFixture<LoadedTinyModel>
{
    private readonly Tokenizer _tokenizer = Tokenizer.Load(Path.Combine(tiny.Folder, "tokenizer.json"));

    private const string Person = """
        {"type": "object", "additionalProperties": false, "required": ["name", "age", "tags", "kind"], "properties": {
          "name": {"type": "string", "maxLength": 8}, "age": {"type": ["integer", "null"], "minimum": 0, "maximum": 130},
          "tags": {"type": "array", "items": {"type": "boolean"}, "minItems": 1, "maxItems": 2}, "kind": {"enum": ["a\"b", 7, null]}}}
        """;

    [Theory]
    [InlineData("{}")]
    [InlineData(" {\"a\": [1, -2.5e+7, true, null, {\"b\": \"\"}]}")]
    [InlineData("{\n  \"a\": \"é\\u00e9\\ud83d\\ude00😀\\n\"\n}")]
    public void Any_object_of_JSON_is_taken(string json) => Assert.True(Accepts(Grammar.JsonObject, json));

    [Theory]
    [InlineData("[]")]
    [InlineData("{\"a\": 01}")]
    [InlineData("{\"a\": 1,}")]
    [InlineData("{\"a\": \"\\ud83d\"}")]
    [InlineData("{\"a\": \"\t\"}")]
    [InlineData("{a: 1}")]
    [InlineData("{} ")]
    [InlineData("{\"a\":   1}")]
    [InlineData("{\"a\": 1")]
    public void What_is_no_object_or_wastes_space_is_not(string json) => Assert.False(Accepts(Grammar.JsonObject, json));

    [Theory]
    [InlineData("""{"name": "Zoë 😀", "age": 130, "tags": [true], "kind": "a\"b"}""", true)]
    [InlineData("""{"name":"","age":null,"tags":[false,true],"kind":7}""", true)]
    [InlineData("""{"name": "", "age": 131, "tags": [true], "kind": 7}""", false)]
    [InlineData("""{"name": "", "age": -1, "tags": [true], "kind": 7}""", false)]
    [InlineData("""{"name": "", "age": 1, "tags": [], "kind": 7}""", false)]
    [InlineData("""{"name": "", "age": 1, "tags": [true, true, true], "kind": 7}""", false)]
    [InlineData("""{"name": "123456789", "age": 1, "tags": [true], "kind": 7}""", false)]
    [InlineData("""{"age": 1, "name": "", "tags": [true], "kind": 7}""", false)]
    [InlineData("""{"name": "", "age": 1, "tags": [true], "kind": 8}""", false)]
    [InlineData("""{"name": "", "age": 1, "tags": [true]}""", false)]
    public void A_schema_takes_what_fits_it(string json, bool fits) => Assert.Equal(fits, Accepts(Schema(Person), json));

    [Fact]
    public void A_recursive_schema_takes_nesting_up_to_the_bound_and_always_leaves_a_way_to_end()
    {
        var list = Schema("""
            {"type": "object", "additionalProperties": false, "required": ["v", "next"],
             "properties": {"v": {"const": 1}, "next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}}}
            """);
        Assert.True(Accepts(list, Nested(10)));
        Assert.False(Accepts(list, Nested(60)));
        var automaton = GrammarAutomaton.Of(list, _tokenizer);
        var state = automaton.Start;
        for (var deeper = automaton.After(state, "{\"v\":1,\"next\":"u8); deeper.Continues; deeper = automaton.After(state, "{\"v\":1,\"next\":"u8)) state = deeper;
        Assert.True(automaton.After(state, "null"u8).Continues);

        static string Nested(int depth) => string.Concat(Enumerable.Repeat("{\"v\":1,\"next\":", depth)) + "null" + new string('}', depth);
    }

    [Fact]
    public void Properties_that_are_not_required_may_be_left_out_where_the_schema_is_not_strict()
    {
        var schema = Schema("""{"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}, "c": {}}, "required": ["b"]}""", strict: false);
        foreach (var json in new[] { """{"b":1}""", """{"a":1,"b":2}""", """{"b":1,"c":{"x":[]}}""", """{"a":1,"b":2,"c":null}""" }) Assert.True(Accepts(schema, json), json);
        foreach (var json in new[] { "{}", """{"a":1}""", """{"a":1,"c":1}""", """{,"b":1}""", """{"b":1,}""" }) Assert.False(Accepts(schema, json), json);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(7, 123)]
    [InlineData(-40, 5)]
    [InlineData(-1000, -99)]
    [InlineData(95, 1005)]
    public void Bounds_of_integers_are_exact(int least, int most)
    {
        var schema = Schema($$"""{"type": "integer", "minimum": {{least}}, "maximum": {{most}}}""", strict: false);
        for (var value = -1500; value <= 1500; value++)
            Assert.Equal(value >= least && value <= most, Accepts(schema, $"{value}"));
        Assert.False(Accepts(schema, "-0"));
        Assert.False(Accepts(schema, "007"));
    }

    [Theory]
    [InlineData("""{"type": "object", "properties": {"a": {"type": "string", "not": {}}}, "required": ["a"], "additionalProperties": false}""",
        "In context=('properties', 'a'), 'not' is not permitted.")]
    [InlineData("""{"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}""",
        "In context=(), 'additionalProperties' is required to be supplied and to be false.")]
    [InlineData("""{"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": false}""",
        "In context=(), 'required' is required to be supplied and to be an array including every key in properties. Missing 'a'.")]
    [InlineData("""{"type": "object", "properties": {"a": {}}, "required": ["a"], "additionalProperties": false}""",
        "In context=('properties', 'a'), schema must have a 'type' key.")]
    [InlineData("""{"type": "object", "properties": {"a": {"type": "array"}}, "required": ["a"], "additionalProperties": false}""",
        "In context=('properties', 'a'), array schema missing items.")]
    [InlineData("""{"type": "object", "properties": {"a": {"$ref": "#/$defs/b"}}, "required": ["a"], "additionalProperties": false}""",
        "In context=('properties', 'a'), reference to component '#/$defs/b' which was not found in the schema.")]
    [InlineData("""{"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"], "additionalProperties": false}""",
        "In context=(), the schema has no finite instance: every way through its references is endless.")]
    [InlineData("""{"type": "array", "items": {"type": "string"}}""",
        "In context=(), schema must be a JSON Schema of 'type: \"object\"', got '{\"type\": \"array\", \"items\": {\"type\": \"string\"}}'.")]
    [InlineData("""{"type": "object", "properties": {"a": {"type": "number", "minimum": 1}}, "required": ["a"], "additionalProperties": false}""",
        "In context=('properties', 'a'), 'minimum' is permitted for the type 'integer' only.")]
    [InlineData("""{"type": "object", "properties": {"a": {"anyOf": [{"type": "string"}], "enum": ["b"]}}, "required": ["a"], "additionalProperties": false}""",
        "In context=('properties', 'a'), 'enum' is not permitted beside 'anyOf'.")]
    [InlineData("""{"type": "object", "properties": {"a": {"type": "text"}}, "required": ["a"], "additionalProperties": false}""",
        "In context=('properties', 'a'), \"text\" is not valid as 'type'.")]
    public void What_is_not_in_the_subset_is_refused_with_its_place(string schema, string message)
    {
        var error = Assert.Throws<InputError>(() => Schema(schema));
        Assert.Equal($"Invalid schema for response_format 'answer': {message}", error.Message);
        Assert.Equal("response_format", error.Parameter);
    }

    [Fact]
    public void The_tokens_that_may_follow_are_those_that_trying_each_finds()
    {
        foreach (var (grammar, text) in new[] { (Grammar.JsonObject, "{\"the parcel\": [1.5, \"é\", true, {\"a\": null}]}"), (Schema(Person), """{"name": "the", "age": 12, "tags": [true, false], "kind": null}""") })
        {
            var automaton = GrammarAutomaton.Of(grammar, _tokenizer);
            var state = automaton.Start;
            foreach (var value in Encoding.UTF8.GetBytes(text).Append((byte)'\n'))
            {
                var allowed = automaton.TokensAfter(state);
                for (var id = 0; id < _tokenizer.VocabularySize; id++)
                {
                    var bytes = _tokenizer.BytesOf(id, skipSpecial: true);
                    var fits = bytes.Length > 0 && !ReferenceEquals(automaton.After(state, bytes), GrammarState.Dead);
                    Assert.Equal(fits, (allowed[id >> 6] >> (id & 63) & 1) != 0);
                }
                state = automaton.After(state, value);
            }
        }
    }

    [Theory]
    [InlineData("gpt-2")]
    [InlineData("phi-3")]
    [InlineData("qwen2")]
    public void The_tokens_of_a_published_vocabulary_are_found_as_well(string name)
    {
        var folder = SharedData.Folder("tokenizers");
        Assert.SkipWhen(folder is null, "the published tokenizers are not at hand");
        var tokenizer = Tokenizer.Load(Path.Combine(folder, name, "tokenizer.json"));
        var automaton = GrammarAutomaton.Of(Schema(Person), tokenizer);
        foreach (var text in new[] { "", "{\"name\": \"", """{"name": "Zo""", """{"name": "", "age": 1""", """{"name": "", "age": 12, "tags": [true], "kind": """ })
        {
            var state = automaton.After(automaton.Start, Encoding.UTF8.GetBytes(text));
            var allowed = automaton.TokensAfter(state);
            var count = 0;
            for (var id = 0; id < tokenizer.VocabularySize; id++)
            {
                var bytes = tokenizer.BytesOf(id, skipSpecial: true);
                var fits = bytes.Length > 0 && !ReferenceEquals(automaton.After(state, bytes), GrammarState.Dead);
                count += fits ? 1 : 0;
                if (fits != ((allowed[id >> 6] >> (id & 63) & 1) != 0)) Assert.Fail($"{text} and the token {id}");
            }
            Assert.InRange(count, 1, tokenizer.VocabularySize - 1);
        }
    }

    [Fact]
    public void A_chain_of_references_without_end_is_refused_instead_of_overflowing_the_stack()
    {
        object Reference(int at) => new Dictionary<string, string> { ["$ref"] = $"#/$defs/d{at}" };
        var schema = JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["type"] = "object", ["properties"] = new { a = Reference(0) }, ["required"] = new[] { "a" }, ["additionalProperties"] = false,
            ["$defs"] = Enumerable.Range(0, 2001).ToDictionary(at => $"d{at}", at => at < 2000 ? Reference(at + 1) : new { type = "string" }),
        });
        var error = Assert.Throws<InputError>(() => Schema(schema));
        Assert.Equal("Invalid schema for response_format 'answer': In context=('$defs', 'd126'), schemas and references are nested deeper than 128 levels.", error.Message);
    }

    private static Grammar Schema(string schema, bool strict = true) =>
        Grammar.FromSchema(JsonDocument.Parse(schema).RootElement, strict, "response_format 'answer'", "response_format");

    private bool Accepts(Grammar grammar, string text)
    {
        var automaton = GrammarAutomaton.Of(grammar, _tokenizer);
        return automaton.After(automaton.Start, Encoding.UTF8.GetBytes(text)).Accepts;
    }
}
