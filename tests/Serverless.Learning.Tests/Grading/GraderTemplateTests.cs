using System.Text.Json;
using Serverless.Learning.Grading;

namespace Serverless.Learning.Tests.Grading;

public sealed class GraderTemplateTests
{
    private const string Item = """
        {"answer": "Paris", "n": 3, "x": 1.50, "yes": true, "none": null, "list": ["a", {"b": ["c"]}], "a key": "v", "nested": {"deep": {"er": "é"}}}
        """;

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("", "")]
    [InlineData("{{item.answer}}", "Paris")]
    [InlineData("It is {{ item.answer }}, {{item.n}} times.", "It is Paris, 3 times.")]
    [InlineData("{{item.x}} {{item.yes}} {{item.none}}", "1.50 true null")]
    [InlineData("{{item.list[0]}}{{item.list[1].b[0]}}", "ac")]
    [InlineData("{{item.list[-2]}}{{item.list[-1].b[-1]}}", "ac")]
    [InlineData("{{item.list}}", """["a",{"b":["c"]}]""")]
    [InlineData("{{item.nested.deep.er}}", "é")]
    [InlineData("{{item.nested}}", """{"deep":{"er":"é"}}""")]
    [InlineData("{{item['a key']}}{{item[\"answer\"]}}", "vParis")]
    [InlineData("a } b }} c { d", "a } b }} c { d")]
    [InlineData("{{sample.output_text}}", """{"city": ["Rome"], "ok": false}""")]
    [InlineData("{{sample.output_json.city[0]}} {{sample.output_json.ok}}", "Rome false")]
    [InlineData("{{sample.output_tools[0].function.name}}", "weather")]
    public void Templates_take_their_values_from_the_item_and_the_sample(string template, string expected)
    {
        var tools = Graded.Json("""[{"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}]""");
        var grade = Graded.Compare(template, expected, Item, new GraderSample("""{"city": ["Rome"], "ok": false}""", tools));
        Assert.Empty(grade.Faults);
        Assert.Equal(1, grade.Score);
    }

    [Theory]
    [InlineData("{{item.reference}}", "the item has no \"reference\"")]
    [InlineData("{{item.answer.city}}", "the item's answer is \"Paris\", which has no \"city\"")]
    [InlineData("{{item.list[2]}}", "the item's list has 2 entries, none at 2")]
    [InlineData("{{item.list[-3]}}", "the item's list has 2 entries, none at -3")]
    [InlineData("{{item.list[1].b.c}}", "the item's list[1].b is an array, which has no \"c\"")]
    [InlineData("{{item.n[0]}}", "the item's n is 3, which has no entries")]
    [InlineData("{{sample.output_tools[0]}}", "the answer's tool calls has 0 entries, none at 0")]
    public void A_value_that_is_not_there_is_named(string template, string reason)
    {
        var grade = Graded.Compare(template, "x", Item, new GraderSample("plain"));
        Assert.Equal(new GradeFault(GradeFaultKind.InvalidVariable, $"same.input: {template}: {reason}"), Assert.Single(grade.Faults));
    }

    [Fact]
    public void An_answer_with_half_of_a_surrogate_pair_has_no_output_json()
    {
        var grade = Graded.Compare("{{sample.output_json.y}}", "x", "{}", new GraderSample("""{"y": "\ud800"}"""));
        Assert.Equal(new GradeFault(GradeFaultKind.SampleParse, "same.input: {{sample.output_json.y}}: the answer is not JSON (line 1, byte 8)"), Assert.Single(grade.Faults));
    }

    [Fact]
    public void An_answer_that_is_not_JSON_has_no_output_json()
    {
        var grade = Graded.Compare("{{sample.output_json.y}}", "x", "{}", new GraderSample("{\"y\": 1,\n}"));
        Assert.Equal(new GradeFault(GradeFaultKind.SampleParse, "same.input: {{sample.output_json.y}}: the answer is not JSON (line 2, byte 1)"), Assert.Single(grade.Faults));
    }

    [Theory]
    [InlineData("Is it {{itm.x}}?", 9, "found \"itm\"; allowed: item, sample")]
    [InlineData("{{item.x", 9, "found the end of the text; allowed: '.', '[' or '}}'")]
    [InlineData("{{item.x}", 9, "found '}'; allowed: '.', '[' or '}}'")]
    [InlineData("{{item.}}", 8, "found '}'; allowed: a name")]
    [InlineData("{{item}}", 7, "found no key of the item; allowed: one, such as {{item.reference}}")]
    [InlineData("{{item.a b}}", 10, "found 'b'; allowed: '.', '[' or '}}'")]
    [InlineData("{{item.a[x]}}", 10, "found 'x'; allowed: an index from 0, or from -1 for the last, or a name in quotes")]
    [InlineData("{{item.a[-]}}", 10, "found '-'; allowed: an index from 0, or from -1 for the last, or a name in quotes")]
    [InlineData("{{item.a['x}}", 10, "found ' without its pair; allowed: a name in quotes")]
    [InlineData("{{item.a[0}}", 11, "found '}'; allowed: ']'")]
    [InlineData("{{sample}}", 9, "found '}'; allowed: '.' and output_text, output_json or output_tools")]
    [InlineData("{{sample.text}}", 10, "found \"text\"; allowed: output_text, output_json, output_tools")]
    [InlineData("{{sample.output_text.x}}", 3, "found a part of sample.output_text, which is text; allowed: {{sample.output_text}}, or a part of sample.output_json")]
    [InlineData("{{}}", 3, "found '}'; allowed: item or sample")]
    [InlineData("{{ {{item.x}} }}", 4, "found '{'; allowed: item or sample")]
    public void A_fault_of_a_template_is_named_with_its_position(string template, int position, string fault)
    {
        var json = JsonSerializer.Serialize(new { type = "string_check", name = "n", operation = "eq", input = template, reference = "x" });
        Assert.Equal($"grader.input: position {position}: {fault}", Graded.Refusal(json));
    }
}
