using System.Text.Json;
using Serverless.Learning.Data;
using Serverless.Learning.Evaluation;
using Serverless.Learning.Grading;
using Serverless.Learning.Models;
using Serverless.Learning.Tests.Grading;
using Serverless.Learning.Text.ToolCalls;
using Serverless.Tests;

namespace Serverless.Learning.Tests.Text.ToolCalls;

/// <summary>Calls in generated answers, as graders and evaluations see them.</summary>
public sealed class AnsweredCallsTests(LoadedTinyModel tiny) : IClassFixture<LoadedTinyModel>
{
    private const string Written = """<call>{"name": "route", "arguments": {"to": "billing"}}</call>""";
    private const string Line = """
        {"messages": [{"role": "user", "content": "billing 1"}, {"role": "assistant", "tool_calls": [{"id": "callroute", "type": "function", "function": {"name": "route", "arguments": "{\"to\": \"billing\"}"}}]}], "tools": [{"type": "function", "function": {"name": "route", "parameters": {"type": "object"}}}]}
        """;

    private static readonly JsonElement Tools = Graded.Json("""[{"type": "function", "function": {"name": "route", "parameters": {"type": "object"}}}]""");

    [Fact]
    public void A_grader_sees_the_calls_in_an_answer_to_which_tools_were_offered()
    {
        using var model = Load();
        var sample = GraderSample.Of(model.Chat, Tools, $"At once. {Written}");
        Assert.Equal("""[{"id":"call00000","type":"function","function":{"name":"route","arguments":"{\u0022to\u0022: \u0022billing\u0022}"}}]""", sample.OutputTools!.Value.GetRawText());
        Assert.Equal(1, Graded.Compare("{{sample.output_tools[0].function.name}}", "route", Graded.Json("{}").GetRawText(), sample).Score);
        Assert.Null(GraderSample.Of(model.Chat, null, Written).OutputTools);
        Assert.Null(GraderSample.Of(model.Chat, Tools, "billing").OutputTools);
    }

    [Theory]
    [InlineData("""{"to": "billing", "n": 1}""", """{"n":1,"to":"billing"}""", true)]
    [InlineData("""{"to": "billing"}""", """{"to": "shipping"}""", false)]
    [InlineData("""{"to": ["a", "b"]}""", """{"to": ["b", "a"]}""", false)]
    [InlineData("no JSON", "no JSON", true)]
    [InlineData("{}", "", false)]
    public void Arguments_are_compared_as_JSON(string expected, string found, bool same) =>
        Assert.Equal(same, AnsweredCalls.AreSame([new ToolCall("route", expected)], [new ToolCall("route", found)]));

    [Fact]
    public void Calls_are_compared_in_their_order_with_their_names()
    {
        ToolCall route = new("route", "{}"), close = new("close", "{}");
        Assert.True(AnsweredCalls.AreSame([route, close], [route, close]));
        Assert.All((IReadOnlyList<ToolCall>?[])[[close, route], [route], [route, close, close], [], null], found => Assert.False(AnsweredCalls.AreSame([route, close], found)));
    }

    [Fact]
    public void An_answer_to_which_calls_are_expected_is_right_by_its_calls_and_not_by_its_silence()
    {
        var expected = new GradedAnswer(1, "", Written, Written) { ExpectedCalls = [new ToolCall("route", """{"to": "billing"}""")] };
        Assert.True((expected with { Calls = [new ToolCall("route", """{ "to" : "billing" }""")] }).Exact);
        Assert.False((expected with { Answer = "" }).Exact);
        Assert.False((expected with { Calls = [new ToolCall("route", """{"to": "shipping"}""")] }).Exact);
    }

    [Fact]
    public void What_is_expected_is_the_call_as_the_template_writes_it()
    {
        using var model = Load();
        var example = (ChatExample)DatasetReader.ReadLine(Graded.Json(Line), 1, "calls.jsonl", DatasetFormat.Chat);
        var answer = Assert.Single(Evaluator.Answers(model, [example], 4, TestContext.Current.CancellationToken));
        Assert.Equal(Written, answer.Expected);
        Assert.Equal([new ToolCall("route", """{"to": "billing"}""")], answer.ExpectedCalls);
        Assert.False(answer.Exact);
        var ids = Evaluator.ExpectedIds(model.Chat, example);
        Assert.Equal(model.Chat.EndOfTurnId, ids[^1]);
        Assert.Equal(Written, model.Tokenizer.Decode(ids.AsSpan()[..^1], skipSpecial: false));
    }

    private LanguageModel Load() => LanguageModel.Load(TinyModel.WriteCalling(Path.Combine(tiny.Folder, $"calling-{Guid.NewGuid():n}")));
}
