using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Serverless.Learning.Grading;
using Serverless.Local.Composition;
using Serverless.Local.Demo;
using Serverless.Local.Settings;
using Serverless.Local.Tasks;
using Serverless.Service.Models;
using Spectre.Console;

namespace Serverless.Local.Commands;

/// <summary>
/// DeepSeek-R1's recipe in small: a cold start on worked solutions, then GRPO on problems of which only the result is known, measured on
/// problems that share no pair of numbers with either.
/// </summary>
internal sealed class ArithmeticCommand(IAnsiConsole console) : ICommand
{
    /// <summary>More than the longest worked solution has.</summary>
    internal const int MostAnswerTokens = 48;

    /// <summary>The grader of the result.</summary>
    internal const string RightName = "right";

    private const int ShownAnswers = 3;

    public string Name => "arithmetic";

    public string Summary => "Teaches the sample model to add and subtract: some worked solutions, then GRPO with rewards that are computed.";

    public ImmutableArray<CommandOption> Options { get; } =
    [
        new("--solutions", "COUNT", "worked solutions of the cold start (500)"),
        new("--problems", "COUNT", "problems with their results only, for GRPO (1200)"),
        new("--held-out", "COUNT", "problems to measure on (500)"),
        new("--cold-start-epochs", "NUMBER", "passes over the solutions (9)"),
        new("--epochs", "NUMBER", "passes over the problems (6)"),
        new("--group-size", "NUMBER", "answers drawn to each problem (8)"),
        new("--batch-size", "NUMBER", "problems in a step of GRPO (16)"),
        new("--learning-rate", "NUMBER", "peak rate of GRPO (0.001)"),
        new("--negative-weight", "SHARE", "how much answers worse than their group count (0)"),
        new("--loss", "NAME", "grpo, dapo or dr_grpo (grpo)"),
        new("--seed", "NUMBER", "seed of problems and runs (1)"),
        .. SettingsOptions.All,
    ];

    public async Task<int> RunAsync(CommandArguments arguments, CancellationToken ct)
    {
        var clock = Stopwatch.StartNew();
        var seed = arguments.WholeNumber("--seed", 0, int.MaxValue) ?? 1;
        var problems = Problems(arguments, seed);
        var coldStart = ColdStart(arguments, seed);
        var policy = Policy(arguments, seed);
        var settings = SettingsOptions.Read(arguments);
        await using var head = await LocalHead.StartAsync(settings, console.WriteLine, LogLevel.Warning, ct);
        using var client = new HeadClient(head.Url);
        var run = new JobRun(head, client, console);

        var folder = Directory.CreateDirectory(Path.Combine(settings.Data, Name)).FullName;
        string PathOf(string name) => Path.Combine(folder, $"{name}.jsonl");
        ArithmeticFile.WriteSolutions(PathOf("solutions"), problems.Solved);
        ArithmeticFile.WritePrompts(PathOf("problems"), problems.Practised);
        ArithmeticFile.WritePrompts(PathOf("held-out"), problems.HeldOut);
        coldStart["training_file"] = await run.DropAsync(PathOf("solutions"), "arithmetic/solutions.jsonl", ct);
        policy["training_file"] = await run.DropAsync(PathOf("problems"), "arithmetic/problems.jsonl", ct);
        policy["validation_file"] = await run.DropAsync(PathOf("held-out"), "arithmetic/held-out.jsonl", ct);

        var started = await run.RunAsync(coldStart, $"{SampleModel.Name} learns {problems.Solved.Length} worked solutions", ct);
        policy["model"] = started.GetProperty("fine_tuned_model").GetString();
        var job = await run.RunAsync(policy, $"{policy["model"]} is rewarded for right answers to {problems.Practised.Length} other problems", ct);
        var evaluation = await client.EvaluationAsync(job.GetProperty("id").GetString()!, ct);
        console.Write(EvaluationTable.Of(evaluation, "after the cold start", "after GRPO"));
        ShowAnswers(evaluation);
        console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"Published {job.GetProperty("fine_tuned_model").GetString()}; in all {clock.Elapsed.TotalSeconds:F0} s, at most {PeakMemory.Read() / 1e9:F2} GB of memory in this process."));
        return 0;
    }

    internal static ArithmeticSets Problems(CommandArguments arguments, int seed)
    {
        var solved = arguments.WholeNumber("--solutions", 10, 2000) ?? 500;
        var practised = arguments.WholeNumber("--problems", 10, 2000) ?? 1200;
        // The three of them stay below the number of pairs, 4095.
        return ArithmeticSets.Generate(solved, practised, arguments.WholeNumber("--held-out", 10, ArithmeticSets.Pairs - solved - practised) ?? Math.Min(500, ArithmeticSets.Pairs - solved - practised), seed);
    }

    /// <summary>The body of the first job, without its file.</summary>
    /// <param name="passes">Those over the solutions if the caller names none: the nine leave rewards most to do.</param>
    internal static JsonObject ColdStart(CommandArguments arguments, int seed, int passes = 9) => new()
    {
        ["model"] = SampleModel.Name,
        ["suffix"] = "cold-start",
        ["seed"] = seed,
        ["method"] = new JsonObject
        {
            ["type"] = "supervised",
            ["supervised"] = new JsonObject { ["hyperparameters"] = new JsonObject { ["n_epochs"] = arguments.WholeNumber("--cold-start-epochs", 1, 50) ?? passes, ["batch_size"] = 8 } },
        },
    };

    /// <summary>The body of the second job, without its files and the model it starts from.</summary>
    internal static JsonObject Policy(CommandArguments arguments, int seed) => new()
    {
        ["suffix"] = "arithmetic",
        ["seed"] = seed,
        ["method"] = new JsonObject
        {
            ["type"] = "reinforcement",
            // Rewards say little about each weight, and what they do not say is noise: few weights gather less of it than all would, and a wrong answer,
            // most of whose tokens were right, more than a right one.
            ["adapter"] = new JsonObject { ["type"] = "lora", ["rank"] = 32, ["alpha"] = 64 },
            ["reinforcement"] = new JsonObject
            {
                ["grader"] = new JsonObject
                {
                    ["type"] = "multi",
                    ["name"] = "reward",
                    ["graders"] = new JsonObject { ["right"] = Right(), ["thinks"] = Thinks() },
                    ["calculate_output"] = "0.8 * right + 0.2 * thinks",
                },
                ["hyperparameters"] = new JsonObject
                {
                    ["n_epochs"] = arguments.WholeNumber("--epochs", 1, 50) ?? 6,
                    ["batch_size"] = arguments.WholeNumber("--batch-size", 1, 256) ?? 16,
                    ["group_size"] = arguments.WholeNumber("--group-size", 2, 256) ?? 8,
                    ["learning_rate"] = arguments.PositiveNumber("--learning-rate") ?? 1e-3,
                    ["negative_weight"] = arguments.Number("--negative-weight", 0, 1) ?? 0,
                    ["loss_type"] = arguments.OneOf("--loss", "grpo", "dapo", "dr_grpo") ?? "grpo",
                    ["max_completion_tokens"] = MostAnswerTokens,
                },
            },
        },
        ["evaluation"] = new JsonObject { ["graders"] = new JsonArray(Right(), Thinks()) },
    };

    internal static JsonObject Right() => new()
    {
        ["type"] = "number_match", ["name"] = RightName, ["input"] = "{{sample.output_text}}", ["reference"] = "{{item.answer}}",
    };

    internal static JsonObject Thinks() => new()
    {
        ["type"] = "format", ["name"] = "thinks", ["input"] = "{{sample.output_text}}", ["builtin"] = "think",
    };

    internal static ImmutableArray<Grader> Graders() => [.. ((JsonNode[])[Right(), Thinks()]).Select(json => Grader.Parse(JsonSerializer.SerializeToElement(json), "grader"))];

    private void ShowAnswers(JsonElement evaluation)
    {
        foreach (var sample in evaluation.GetProperty("samples").EnumerateArray().Take(ShownAnswers))
        {
            console.WriteLine(sample.GetProperty("prompt").GetString() ?? "");
            foreach (var (name, model) in new[] { ("before", "base"), ("after", "tuned") })
                console.WriteLine($"  {name,-6} {sample.GetProperty(model).GetProperty("answer").GetString()?.ReplaceLineEndings(" ")}");
        }
    }
}
