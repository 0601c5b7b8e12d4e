using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Serverless.Local.Composition;
using Serverless.Local.Demo;
using Serverless.Local.Settings;
using Serverless.Local.Tasks;
using Serverless.Service.Models;
using Spectre.Console;

namespace Serverless.Local.Commands;

/// <summary>
/// Direct preference optimisation on the sample task of preferences: a model that replies courteously and curtly by turns learns which of the
/// two is preferred, and is measured on pairs of other tickets and by its own replies to them, which a grader takes for courteous or not.
/// </summary>
internal sealed class PreferencesCommand(IAnsiConsole console) : ICommand
{
    // The wordings that are held out make no more tickets than a few thousand.
    private const int MostHeldOut = 2000;

    public string Name => "preferences";

    public string Summary => "Teaches the sample model to reply courteously: replies of both tones first, then DPO on pairs of them.";

    public ImmutableArray<CommandOption> Options { get; } =
    [
        new("--replies", "COUNT", "replies of both tones that are learned first (800)"),
        new("--pairs", "COUNT", "pairs to learn from (1200)"),
        new("--held-out", "COUNT", "pairs to measure on (500)"),
        new("--epochs", "NUMBER", "passes over the pairs (1)"),
        new("--beta", "NUMBER", "how strongly preferences move the model (0.1)"),
        new("--seed", "NUMBER", "seed of replies and runs (1)"),
        .. SettingsOptions.All,
    ];

    public async Task<int> RunAsync(CommandArguments arguments, CancellationToken ct)
    {
        var clock = Stopwatch.StartNew();
        var seed = arguments.WholeNumber("--seed", 0, int.MaxValue) ?? 1;
        var replies = ReplySets.Generate(
            arguments.WholeNumber("--replies", 10, 10_000) ?? 800, arguments.WholeNumber("--pairs", 10, 10_000) ?? 1200, arguments.WholeNumber("--held-out", 10, MostHeldOut) ?? 500, seed);
        var preference = Preference(arguments, seed);
        var settings = SettingsOptions.Read(arguments);
        await using var head = await LocalHead.StartAsync(settings, console.WriteLine, LogLevel.Warning, ct);
        using var client = new HeadClient(head.Url);
        var run = new JobRun(head, client, console);

        var folder = Directory.CreateDirectory(Path.Combine(settings.Data, Name)).FullName;
        string PathOf(string name) => Path.Combine(folder, $"{name}.jsonl");
        ReplyFile.WriteMixed(PathOf("replies"), replies.Mixed);
        ReplyFile.WritePreferences(PathOf("pairs"), replies.Compared);
        ReplyFile.WritePreferences(PathOf("held-out"), replies.HeldOut);
        var both = new JsonObject
        {
            ["model"] = SampleModel.Name, ["suffix"] = "both-tones", ["seed"] = seed, ["training_file"] = await run.DropAsync(PathOf("replies"), "preferences/replies.jsonl", ct),
        };
        preference["training_file"] = await run.DropAsync(PathOf("pairs"), "preferences/pairs.jsonl", ct);
        preference["validation_file"] = await run.DropAsync(PathOf("held-out"), "preferences/held-out.jsonl", ct);

        var begun = await run.RunAsync(both, $"{SampleModel.Name} learns {replies.Mixed.Length} replies of both tones", ct);
        var before = begun.GetProperty("fine_tuned_model").GetString()!;
        preference["model"] = before;
        var job = await run.RunAsync(preference, $"{before} learns {replies.Compared.Length} preferences", ct);
        var evaluation = await client.EvaluationAsync(job.GetProperty("id").GetString()!, ct);
        console.WriteLine(Text($"Of {replies.HeldOut.Length} held-out pairs the preferred reply gained on the other in {ShareInterval.Text(evaluation.GetProperty("reward_accuracy").GetDouble(), replies.HeldOut.Length)}, by {evaluation.GetProperty("reward_margin").GetDouble():F2} nats on average (beta included)."));
        console.Write(EvaluationTable.Of(evaluation, "both tones", "after DPO"));
        console.WriteLine(Text($"In all {clock.Elapsed.TotalSeconds:F0} s, at most {PeakMemory.Read() / 1e9:F2} GB of memory in this process."));
        return 0;
    }

    /// <summary>The body of the job that learns preferences, without its files and the model it starts from.</summary>
    internal static JsonObject Preference(CommandArguments arguments, int seed) => new()
    {
        ["suffix"] = "courteous",
        ["seed"] = seed,
        ["method"] = new JsonObject
        {
            ["type"] = "dpo",
            ["dpo"] = new JsonObject
            {
                ["hyperparameters"] = new JsonObject
                {
                    ["n_epochs"] = arguments.WholeNumber("--epochs", 1, 50) ?? 1, ["beta"] = arguments.PositiveNumber("--beta") ?? 0.1,
                },
            },
        },
        ["evaluation"] = new JsonObject
        {
            ["graders"] = new JsonArray(new JsonObject
            {
                ["type"] = "format", ["name"] = "courteous", ["input"] = "{{sample.output_text}}", ["pattern"] = ReplySets.CourteousPattern,
            }),
        },
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
