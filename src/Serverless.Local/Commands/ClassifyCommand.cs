using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Serverless.Local.Composition;
using Serverless.Local.Demo;
using Serverless.Local.Settings;
using Spectre.Console;

namespace Serverless.Local.Commands;

/// <summary>Runs the main job on any labelled chat data set and measures it on a test set.</summary>
internal sealed class ClassifyCommand(IAnsiConsole console) : ICommand
{
    public string Name => "classify";

    public string Summary => "Tunes a model on a labelled chat data set and measures it on a test set, beside an n-gram classifier.";

    public ImmutableArray<CommandOption> Options { get; } =
    [
        new("--train", "FILE", "chat JSONL to train on; needed"),
        new("--validation", "FILE", "chat JSONL to validate on; needed"),
        new("--test", "FILE", "chat JSONL to measure on; needed"),
        .. TuningOptions.All,
        new("--likelihoods", null, "also score the base by the likelihood of each label"),
        .. SettingsOptions.All,
    ];

    public async Task<int> RunAsync(CommandArguments arguments, CancellationToken ct)
    {
        var clock = Stopwatch.StartNew();
        var trainPath = arguments.RequiredFile("--train");
        var task = new LabelledTask(
            Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(trainPath))) is { Length: > 0 } folder ? folder : "classify",
            trainPath, arguments.RequiredFile("--validation"), arguments.RequiredFile("--test"));
        var request = TuningOptions.Read(arguments, "supervised");
        var settings = SettingsOptions.Read(arguments);
        await using var head = await LocalHead.StartAsync(settings, console.WriteLine, LogLevel.Warning, ct);
        using var client = new HeadClient(head.Url);
        var outcome = await new LabelledRun(head, client, console).RunAsync(task, request, arguments.Has("--likelihoods"), ct);
        console.Write(OutcomeTable.Of(outcome));
        console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"Job {outcome.Training.TotalSeconds:F0} s, answering {outcome.TunedScores.Elapsed.TotalSeconds:F0} s, in all {clock.Elapsed.TotalSeconds:F0} s; at most {PeakMemory.Read() / 1e9:F2} GB of memory in this process."));
        return 0;
    }
}
