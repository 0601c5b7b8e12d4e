using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Serverless.Learning.Data;
using Serverless.Local.Composition;
using Serverless.Local.Demo;
using Serverless.Local.Settings;
using Serverless.Local.Tasks;
using Spectre.Console;

namespace Serverless.Local.Commands;

/// <summary>Learns any preference data set by DPO and measures on other pairs how often the preferred answer gains.</summary>
internal sealed class PreferCommand(IAnsiConsole console) : ICommand
{
    public string Name => "prefer";

    public string Summary => "Tunes a model on your preference pairs by DPO and measures it on other pairs, beside an n-gram classifier.";

    public ImmutableArray<CommandOption> Options { get; } =
    [
        new("--train", "FILE", "preference JSONL to train on; needed"),
        new("--test", "FILE", "preference JSONL to measure on; needed"),
        .. TuningOptions.All,
        new("--beta", "NUMBER", "how strongly preferences move the model (0.1)"),
        .. SettingsOptions.All,
    ];

    public async Task<int> RunAsync(CommandArguments arguments, CancellationToken ct)
    {
        var clock = Stopwatch.StartNew();
        var (trainPath, testPath) = (arguments.RequiredFile("--train"), arguments.RequiredFile("--test"));
        var (train, test) = (Read(trainPath), Read(testPath));
        var request = TuningOptions.Read(arguments, "dpo");
        request["method"]!["dpo"]!["hyperparameters"]!["beta"] = arguments.PositiveNumber("--beta") ?? 0.1;
        var settings = SettingsOptions.Read(arguments);
        await using var head = await LocalHead.StartAsync(settings, console.WriteLine, LogLevel.Warning, ct);
        using var client = new HeadClient(head.Url);
        var run = new JobRun(head, client, console);
        request["training_file"] = await run.DropAsync(trainPath, "prefer/train.jsonl", ct);
        request["validation_file"] = await run.DropAsync(testPath, "prefer/test.jsonl", ct);
        var job = await run.RunAsync(request, $"{request["model"]} learns {train.Count} preferences", ct);

        var evaluation = await client.EvaluationAsync(job.GetProperty("id").GetString()!, ct);
        console.Write(Scores(train, test, evaluation));
        console.WriteLine(Text(
            $"The preferred answer gains {evaluation.GetProperty("reward_margin").GetDouble():F2} nats more than the other on average (beta included); in all {clock.Elapsed.TotalSeconds:F0} s, at most {PeakMemory.Read() / 1e9:F2} GB of memory in this process."));
        return 0;
    }

    private static Table Scores(List<(string Preferred, string Other)> train, List<(string Preferred, string Other)> test, JsonElement evaluation)
    {
        var judge = SurfaceJudge.Train(train);
        // A tie counts a half, as the model's own do.
        var judged = test.Average(pair => judge.Share(pair.Preferred, pair.Other));
        var longer = test.Average(pair => 0.5 * (1 + pair.Preferred.Length.CompareTo(pair.Other.Length)));
        var table = new Table().Border(TableBorder.Simple).AddColumn($"on {test.Count} other pairs").AddColumn(new TableColumn("tells the preferred answer").RightAligned());
        foreach (var (name, share) in new[] { ("tuned model", evaluation.GetProperty("reward_accuracy").GetDouble()), ("n-grams of the answers", judged), ("the longer answer", longer) })
            table.AddRow(name, ShareInterval.Text(share, test.Count));
        return table;
    }

    private static List<(string Preferred, string Other)> Read(string path)
    {
        using var file = File.OpenRead(path);
        return [.. DatasetReader.Read(file, Path.GetFileName(path), DatasetFormat.Preference).Cast<PreferenceExample>()
            .Select(pair => (pair.Preferred.Content ?? "", pair.NonPreferred.Content ?? ""))];
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
