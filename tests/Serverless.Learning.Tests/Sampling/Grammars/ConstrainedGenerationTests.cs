using System.Collections.Immutable;
using System.Text.Json;
using Serverless.Learning.Sampling;
using Serverless.Learning.Sampling.Grammars;

namespace Serverless.Learning.Tests.Sampling.Grammars;

public sealed class ConstrainedGenerationTests(LoadedTinyModel tiny) : IClassFixture<LoadedTinyModel>
{
    private const string Ticket = """
        {"type": "object", "additionalProperties": false, "required": ["team", "urgent", "score", "notes", "next"], "properties": {
          "team": {"enum": ["billing", "shipping", "account"]}, "urgent": {"type": "boolean"}, "score": {"type": "integer", "minimum": -3, "maximum": 12},
          "notes": {"type": "array", "items": {"type": "string", "maxLength": 3}, "maxItems": 2}, "next": {"anyOf": [{"$ref": "#/$defs/step"}, {"type": "null"}]}},
         "$defs": {"step": {"type": "object", "additionalProperties": false, "required": ["n"], "properties": {"n": {"type": "number"}}}}}
        """;

    [Fact]
    public void A_random_model_at_temperature_two_writes_what_fits_the_schema()
    {
        var grammar = Grammar.FromSchema(JsonDocument.Parse(Ticket).RootElement, strict: true, "response_format 'ticket'", "response_format");
        var answers = Generate(grammar, 40, maxTokens: 120);
        // A text that was cut off is no JSON; the tiny model's context is short, and most fit.
        Assert.InRange(answers.Count(answer => answer.Finish == FinishReason.Stop), 20, 40);
        foreach (var answer in answers.Where(answer => answer.Finish == FinishReason.Stop))
        {
            using var document = JsonDocument.Parse(answer.Text);
            var root = document.RootElement;
            Assert.Equal(["team", "urgent", "score", "notes", "next"], root.EnumerateObject().Select(field => field.Name));
            Assert.Contains(root.GetProperty("team").GetString(), new[] { "billing", "shipping", "account" });
            Assert.Contains(root.GetProperty("urgent").ValueKind, new[] { JsonValueKind.True, JsonValueKind.False });
            Assert.InRange(root.GetProperty("score").GetInt32(), -3, 12);
            Assert.InRange(root.GetProperty("notes").GetArrayLength(), 0, 2);
            Assert.All(root.GetProperty("notes").EnumerateArray(), note => Assert.InRange(note.GetString()!.EnumerateRunes().Count(), 0, 3));
            if (root.GetProperty("next").ValueKind != JsonValueKind.Null)
                Assert.True(double.IsFinite(Assert.Single(root.GetProperty("next").EnumerateObject()).Value.GetDouble()));
        }
        Assert.True(answers.Select(answer => answer.Text).Distinct().Count() > 20);
    }

    [Fact]
    public void A_random_model_at_temperature_two_writes_objects_of_JSON()
    {
        // Quotes and closing braces are made likelier: the context is short, and a random model seldom ends a string by itself.
        using var model = tiny.Load();
        var bias = new[] { "\"", "}", "]" }.ToImmutableDictionary(token => model.Tokenizer.IdOf(token)!.Value, _ => 3.0);
        var answers = Generate(Grammar.JsonObject, 40, maxTokens: 120, bias);
        Assert.InRange(answers.Count(answer => answer.Finish == FinishReason.Stop), 20, 40);
        foreach (var answer in answers.Where(answer => answer.Finish == FinishReason.Stop))
        {
            using var document = JsonDocument.Parse(answer.Text);
            Assert.Equal(JsonValueKind.Object, document.RootElement.ValueKind);
        }
    }

    [Fact]
    public void A_grammar_can_begin_to_hold_after_a_text_of_the_answer()
    {
        using var model = tiny.Load();
        var options = new SamplingOptions
        {
            MaxTokens = 100, Temperature = 1, Grammar = Grammar.FromSchema(JsonDocument.Parse("""{"enum": [true]}""").RootElement, false, "x", "x"), GrammarAfter = "e",
        };
        var answers = Enumerable.Range(0, 10).Select(choice => new TextGenerator(model).Generate([new([10, 20], options with { Choice = choice })], 1, default)[0].Text).ToList();
        Assert.All(answers.Where(text => text.Contains('e')), text => Assert.EndsWith("true", text, StringComparison.Ordinal));
        Assert.Contains(answers, text => text.Contains('e'));
    }

    [Fact]
    public void A_token_that_ends_answers_is_no_way_on_for_a_text_that_is_not_whole()
    {
        using var model = tiny.Load();
        var stop = model.Tokenizer.IdOf("<|im_end|>")!.Value;
        var builder = new GrammarBuilder();
        var root = builder.NewRule();
        builder.Define(root, builder.Literal([.. "a"u8, .. TokenMarks.OfSpecial(stop), .. "b"u8], GrammarBuilder.End));
        var grammar = builder.Build(root)!;

        var gate = new GrammarGate(GrammarAutomaton.Of(grammar, model.Tokenizer), null);
        Assert.False(gate.IsStuck(model.StopIds));
        gate.Take("a"u8, "a");
        Assert.Equal((true, false), (gate.IsStuck(model.StopIds), gate.IsStuck(new HashSet<int>())));

        var answer = new TextGenerator(model).Generate([new([10, 20], new SamplingOptions { MaxTokens = 20, Grammar = grammar })], 1, default)[0];
        Assert.Equal(("a", FinishReason.Length), (answer.Text, answer.Finish));
    }

    private List<GeneratedText> Generate(Grammar grammar, int count, int maxTokens, ImmutableDictionary<int, double>? bias = null)
    {
        using var model = tiny.Load();
        var options = new SamplingOptions
        {
            MaxTokens = maxTokens, Temperature = 2, Seed = 1, Grammar = grammar, LogitBias = bias ?? ImmutableDictionary<int, double>.Empty,
        };
        return [.. new TextGenerator(model).Generate([.. Enumerable.Range(0, count).Select(choice => new GenerationRequest([10, 20, 30], options with { Choice = choice }))], 8, default)];
    }
}
