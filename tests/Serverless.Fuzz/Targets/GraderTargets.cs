using System.Text;
using System.Text.Json;
using Serverless.Fuzz.Running;
using Serverless.Learning;
using Serverless.Learning.Grading;
using Serverless.Learning.Sampling.Grammars;

namespace Serverless.Fuzz.Targets;

/// <summary>Graders with their formulas, templates and expressions, and the schemas that bind answers.</summary>
internal static class GraderTargets
{
    private static readonly string[] Graders =
    [
        """{"type":"string_check","name":"a","operation":"eq","input":"{{sample.output_text}}","reference":"{{item.answer}}"}""",
        """{"type":"text_similarity","name":"a","evaluation_metric":"rouge_l","input":"{{sample.output_json.x[0]}}","reference":"{{item.more['a b']}}","pass_threshold":0.5}""",
        """{"type":"number_match","name":"a","reference":"{{item.answer}}","tolerance":0.1}""",
        """{"type":"format","name":"a","pattern":"^(a|b)+$"}""",
        """{"type":"score_model","name":"a","model":"m","input":[{"role":"user","content":"{{item.answer}} {{sample.output_text}}"}],"range":[0,1]}""",
        """{"type":"label_model","name":"a","model":"m","input":[{"role":"user","content":"{{item.answer}}"}],"labels":["x","y"],"passing_labels":["x"]}""",
        """{"type":"multi","name":"a","graders":{"x":{"type":"format","name":"x","builtin":"think"},"y":{"type":"number_match","name":"y","reference":"1"}},"calculate_output":"0.5*x + min(y, 1)^2"}""",
    ];

    private static readonly JsonElement Item = JsonDocument.Parse("""{"answer":"42","more":{"a b":[1,{"c":null}]},"n":1e300}""").RootElement;

    // Long enough that a pattern which backtracks without bound would not come back.
    private static readonly GraderSample Sample = new("<think>x</think>" + new string('a', 2000) + " 1,234.5 {\"x\":[1]} !");

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new FuzzTarget("grader-json", [.. Graders.Select(Encoding.UTF8.GetBytes)], input => Grade(Parsed(input)))
        {
            Words = ["type", "name", "input", "reference", "graders", "calculate_output", "multi", "format", "{{item.answer}}", "{{sample.output_json", "bleu", "gleu", "fuzzy_match", "rouge_1", "ilike", "number_match"],
            // Similarity compares texts of thousands of tokens.
            BytesPerByte = 5000, Longest = TimeSpan.FromSeconds(3),
        },
        new FuzzTarget("grader-formula", [.. new[] { "0.5*x + min(y, 1)^2", "-(x-y)/sqrt(2)", "clamp(x,0,1)+exp(log(y))" }.Select(Encoding.UTF8.GetBytes)], Formula)
        {
            Words = ["x", "y", "+1", "*(", "-", "^", "min(", "max(", "abs(", ",", ")", "1e308", "."],
        },
        new FuzzTarget("grader-template", [.. new[] { "{{item.answer}}", "a {{ sample.output_json.x[-1] }} b {{item[\"a b\"]['c'][0]}}", "{{sample.output_tools}}" }.Select(Encoding.UTF8.GetBytes)], Template)
        {
            Words = ["{{", "}}", "item", ".", "[", "]", "sample.output_json", "[99999999999]", "'", "-1"],
        },
        new FuzzTarget("grader-pattern", [.. new[] { "^(a|b)+$", "(?<x>a)\\k<x>", "[^\\p{L}]{2,5}?", "(?:a{1,20}){1,5}", "(?=a+)(a*)*b", string.Concat(Enumerable.Range(0, 250).Select(i => $"[^{(char)(0x4E00 + i)}]")) }.Select(Encoding.UTF8.GetBytes)], Pattern)
        {
            Words = ["(a+)+", "{1000}", "{1,99}", "(?=", "(?<!", "\\1", "[", "]", "(?i)", "|", "*", "\\p{", "(?(1)a|b)", "\\b"], Bytes = 256L << 20, Longest = TimeSpan.FromSeconds(5),
        },
        new FuzzTarget("json-schema", [.. Schemas.All.Select(Encoding.UTF8.GetBytes)], Schema) { Words = Schemas.Words, Bytes = 512L << 20, BytesPerByte = 20_000, Longest = TimeSpan.FromSeconds(4) },
    ];

    private static JsonDocument Json(byte[] input)
    {
        try
        {
            return StrictJson.Parse(input);
        }
        catch (JsonException fault)
        {
            // The request's reader refuses this before; it is a target of its own.
            throw new InputError(fault.Message);
        }
    }

    private static Grader Parsed(byte[] input)
    {
        using var document = Json(input);
        return Grader.Parse(document.RootElement.Clone(), "grader");
    }

    private static void Grade(Grader grader)
    {
        var answers = grader.Questions(Item, Sample).Select(_ => new GraderAnswer("0.5")).ToList();
        _ = grader.Grade(Item, Sample, answers);
    }

    private static void Formula(byte[] input) => Grade(Grader.Parse(
        JsonSerializer.SerializeToElement(new
        {
            type = "multi", name = "a", calculate_output = Encoding.UTF8.GetString(input),
            graders = new { x = new { type = "number_match", name = "x", reference = "1" }, y = new { type = "format", name = "y", builtin = "think" } },
        }),
        "grader"));

    private static void Template(byte[] input) => Grade(Grader.Parse(
        JsonSerializer.SerializeToElement(new { type = "string_check", name = "a", operation = "like", input = Encoding.UTF8.GetString(input), reference = "4" }), "grader"));

    private static void Pattern(byte[] input) => Grade(Grader.Parse(
        JsonSerializer.SerializeToElement(new { type = "format", name = "a", pattern = Encoding.UTF8.GetString(input), time_limit_seconds = 0.2 }), "grader"));

    private static void Schema(byte[] input)
    {
        using var document = Json(input);
        foreach (var strict in (bool[])[true, false])
            _ = Grammar.FromSchema(document.RootElement.Clone(), strict, "response_format 'x'", "response_format");
    }
}
