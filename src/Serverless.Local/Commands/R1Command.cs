using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Serverless.Local.Composition;
using Serverless.Local.Demo;
using Serverless.Local.Settings;
using Serverless.Local.Tasks;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Pipeline.FineTuning;
using Spectre.Console;

namespace Serverless.Local.Commands;

/// <summary>
/// DeepSeek-R1's pipeline (arXiv 2501.12948, section 2.3) on arithmetic as one job: a cold start on worked solutions, GRPO with rewards for the right
/// result and for thinking first, supervised training on those of the policy's own answers that are right, and GRPO again.
/// </summary>
internal sealed class R1Command(IAnsiConsole console) : ICommand
{
    private const int GeneralTexts = 400;
    private static readonly string[] StageNames = ["cold start", "GRPO", "rejection sampling", "GRPO again"];

    public string Name => "r1";

    public string Summary => "Runs R1's recipe on arithmetic as one job: cold start, GRPO, rejection sampling, GRPO again.";

    public ImmutableArray<CommandOption> Options { get; } =
    [
        new("--solutions", "COUNT", "worked solutions of the cold start (500)"),
        new("--problems", "COUNT", "problems with their results only (1200)"),
        new("--held-out", "COUNT", "problems to measure on (500)"),
        new("--cold-start-epochs", "NUMBER", "passes over the solutions (40)"),
        new("--epochs", "NUMBER", "passes over the problems in each stage of GRPO (1)"),
        new("--group-size", "NUMBER", "answers drawn to each problem in GRPO (8)"),
        new("--batch-size", "NUMBER", "problems in a step of GRPO (16)"),
        new("--learning-rate", "NUMBER", "peak rate of GRPO (0.001)"),
        new("--negative-weight", "SHARE", "how much answers worse than their group count in GRPO (0)"),
        new("--loss", "NAME", "grpo, dapo or dr_grpo (grpo)"),
        new("--answers", "NUMBER", "answers to each problem in rejection sampling (4)"),
        new("--rejection-epochs", "NUMBER", "passes over those that are right (6)"),
        new("--replay", "SHARE", "the share of the loss that keeps general text, which the model wrote itself (0.1)"),
        new("--baseline", null, "also tune on the solutions alone, at three lengths, of which the best on other problems counts"),
        new("--baseline-epochs", "NUMBER", "passes of the longest; the others take a half and a quarter of them (50, as many as a job may take)"),
        new("--seeds", "COUNT", "repeat all of it with so many seeds (1)"),
        new("--seed", "NUMBER", "the first seed of problems and runs (1)"),
        .. SettingsOptions.All,
    ];

    public async Task<int> RunAsync(CommandArguments arguments, CancellationToken ct)
    {
        var clock = Stopwatch.StartNew();
        var seed = arguments.WholeNumber("--seed", 0, int.MaxValue - 100) ?? 1;
        var seeds = Enumerable.Range(seed, arguments.WholeNumber("--seeds", 1, 100) ?? 1).ToList();
        var bodies = seeds.Select(one => (Seed: one, Recipe: Recipe(arguments, one), Baselines: Baselines(arguments, one), Sets: ArithmeticCommand.Problems(arguments, one))).ToList();
        var share = arguments.Number("--replay", 0, 0.9) ?? 0.1;
        var settings = SettingsOptions.Read(arguments);
        await using var head = await LocalHead.StartAsync(settings, console.WriteLine, LogLevel.Warning, ct);
        using var client = new HeadClient(head.Url);
        var outcome = new StageScores();
        foreach (var (one, recipe, baselines, sets) in bodies)
        {
            var folder = Directory.CreateDirectory(Path.Combine(settings.Data, Name, $"{one}")).FullName;
            await RunAsync(head, new JobRun(head, client, console), folder, sets, recipe, arguments.Has("--baseline") ? baselines : [], share, outcome, ct);
        }
        console.Write(outcome.Table(seeds.Count));
        console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"In all {clock.Elapsed.TotalSeconds:F0} s, at most {PeakMemory.Read() / 1e9:F2} GB of memory in this process."));
        return 0;
    }

    private async Task RunAsync(
        LocalHead head, JobRun run, string folder, ArithmeticSets sets, JsonObject recipe, ImmutableArray<JsonObject> baselines, double share, StageScores outcome, CancellationToken ct)
    {
        string PathOf(string name) => Path.Combine(folder, $"{name}.jsonl");
        Task<string> DropAsync(string name) => run.DropAsync(PathOf(name), $"r1/{Path.GetFileName(folder)}/{name}.jsonl", ct);
        ArithmeticFile.WriteSolutions(PathOf("solutions"), sets.Solved);
        ArithmeticFile.WritePrompts(PathOf("problems"), sets.Practised);
        ArithmeticFile.WritePrompts(PathOf("held-out"), sets.HeldOut);
        recipe["training_file"] = await DropAsync("solutions");
        recipe["validation_file"] = await DropAsync("held-out");
        var problems = await DropAsync("problems");
        foreach (var stage in recipe["method"]!["recipe"]!["stages"]!.AsArray().Skip(1))
            stage!["training_file"] = problems;
        await OwnText.WriteAsync(PathOf("general"), await BaseFolderAsync(head, ct), GeneralTexts, recipe["seed"]!.GetValue<int>(), ct);
        var replay = new JsonObject { ["file"] = await DropAsync("general"), ["share"] = share };
        recipe["method"]!["replay"] = replay;
        var job = await run.RunAsync(recipe, $"{SampleModel.Name} goes through R1's four stages", ct);
        var evaluation = await EvaluationAsync(head, job, ct);
        outcome.Add(SampleModel.Name, evaluation.Base.Graders, evaluation.Base.General.Loss);
        foreach (var (stage, model) in StageNames.Zip(evaluation.Stages.Append(evaluation.Tuned)))
            outcome.Add(stage, model.Graders, model.General.Loss);
        if (baselines.IsEmpty)
            return;
        // The best length is chosen on problems that the recipe practises: on none of those that are measured on.
        ArithmeticFile.WritePrompts(PathOf("checked"), sets.Practised.Take(sets.HeldOut.Length));
        var bench = new TestBench(
            head.Services.GetRequiredService<ModelCatalog>(), head.Services.GetRequiredService<ModelStore>(), head.Services.GetRequiredService<JobFolders>());
        Task<IReadOnlyList<GraderScores>> GradeAsync(JsonElement tuned, string file) => bench.GradeAsync(
            new ModelId(tuned.GetProperty("fine_tuned_model").GetString()!), PathOf(file), ArithmeticCommand.Graders(), ArithmeticCommand.MostAnswerTokens, ct);
        var best = (Job: default(JsonElement), Right: -1.0);
        foreach (var baseline in baselines)
        {
            baseline["training_file"] = recipe["training_file"]!.DeepClone();
            baseline["method"]!["replay"] = replay.DeepClone();
            var passes = baseline["method"]!["supervised"]!["hyperparameters"]!["n_epochs"]!.GetValue<int>();
            var tuned = await run.RunAsync(baseline, $"{SampleModel.Name} learns the solutions alone, in {passes} passes", ct);
            var right = (await GradeAsync(tuned, "checked")).Single(grader => grader.Name == ArithmeticCommand.RightName).Scores.Average();
            console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  of {Math.Min(sets.HeldOut.Length, sets.Practised.Length)} other problems {100 * right:F1} % right"));
            if (right > best.Right)
                best = (tuned, right);
        }
        outcome.Add(StageScores.Baseline, await GradeAsync(best.Job, "held-out"), (await EvaluationAsync(head, best.Job, ct)).Tuned.General.Loss);
    }

    private static async Task<JobEvaluation> EvaluationAsync(LocalHead head, JsonElement job, CancellationToken ct) =>
        (await head.Services.GetRequiredService<JobEvaluations>().FindAsync(new JobId(job.GetProperty("id").GetString()!), ct))!;

    private static async Task<string> BaseFolderAsync(LocalHead head, CancellationToken ct)
    {
        var model = await head.Services.GetRequiredService<ModelCatalog>().FindAsync(new ModelId(SampleModel.Name), ct);
        return await head.Services.GetRequiredService<ModelStore>().DownloadAsync(model!, head.Services.GetRequiredService<JobFolders>().Models, ct);
    }

    /// <summary>The body of the recipe's job, without its files.</summary>
    internal static JsonObject Recipe(CommandArguments arguments, int seed)
    {
        var start = ArithmeticCommand.ColdStart(arguments, seed, passes: 40)["method"]!.DeepClone();
        var policy = ArithmeticCommand.Policy(arguments, seed)["method"]!;
        policy["reinforcement"]!["hyperparameters"]!["n_epochs"] = arguments.WholeNumber("--epochs", 1, 50) ?? 1;
        var sampled = new JsonObject
        {
            ["type"] = "distillation",
            ["distillation"] = new JsonObject
            {
                ["teacher"] = DistillationRequest.Previous,
                ["n"] = arguments.WholeNumber("--answers", 1, 16) ?? 4,
                ["max_completion_tokens"] = ArithmeticCommand.MostAnswerTokens,
                ["grader"] = policy["reinforcement"]!["grader"]!.DeepClone(),
                // Right and thought out.
                ["pass_threshold"] = 0.99,
                ["hyperparameters"] = new JsonObject { ["n_epochs"] = arguments.WholeNumber("--rejection-epochs", 1, 50) ?? 6 },
            },
        };
        return new JsonObject
        {
            ["model"] = SampleModel.Name,
            ["suffix"] = "r1",
            ["seed"] = seed,
            ["method"] = new JsonObject { ["type"] = "recipe", ["recipe"] = new JsonObject { ["stages"] = new JsonArray(start, policy.DeepClone(), sampled, policy.DeepClone()) } },
            ["evaluation"] = new JsonObject { ["graders"] = new JsonArray(ArithmeticCommand.Right(), ArithmeticCommand.Thinks()) },
        };
    }

    /// <summary>
    /// The bodies of the jobs that learn the solutions alone, without their files: each to its end, since the last passes, at a low rate, make much of
    /// the result, and a long job's middle lacks them.
    /// </summary>
    internal static ImmutableArray<JsonObject> Baselines(CommandArguments arguments, int seed)
    {
        var longest = arguments.WholeNumber("--baseline-epochs", 1, 50) ?? 50;
        return [.. new[] { longest / 4, longest / 2, longest }.Where(passes => passes > 0).Select(passes =>
        {
            var body = ArithmeticCommand.ColdStart(arguments, seed);
            body["suffix"] = "solutions-alone";
            body["method"]!["supervised"]!["hyperparameters"]!["n_epochs"] = passes;
            return body;
        })];
    }
}
