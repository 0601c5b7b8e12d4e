using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Serverless.Local.Composition;
using Serverless.Local.Demo;
using Serverless.Local.Settings;
using Serverless.Service.Models;
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
        new("--model", "NAME", $"the base model ({SampleModel.Name})"),
        new("--adapter", "KIND", "lora or full (chosen by the model's size)"),
        new("--rank", "NUMBER", "rank of lora (16)"),
        new("--alpha", "NUMBER", "scale of lora (32)"),
        new("--epochs", "NUMBER", "passes over the data (auto)"),
        new("--batch-size", "NUMBER", "examples in an optimiser step (auto)"),
        new("--learning-rate", "NUMBER", "peak rate (auto)"),
        new("--weight-decay", "NUMBER", "decoupled decay of matrices, 0 to 1 (auto)"),
        new("--seed", "NUMBER", "seed of the run (1)"),
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
        var request = Request(arguments);
        var settings = SettingsOptions.Read(arguments);
        await using var head = await LocalHead.StartAsync(settings, console.WriteLine, LogLevel.Warning, ct);
        using var client = new HeadClient(head.Url);
        var outcome = await new LabelledRun(head, client, console).RunAsync(task, request, arguments.Has("--likelihoods"), ct);
        console.Write(OutcomeTable.Of(outcome));
        console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"Job {outcome.Training.TotalSeconds:F0} s, answering {outcome.TunedScores.Elapsed.TotalSeconds:F0} s, in all {clock.Elapsed.TotalSeconds:F0} s; at most {PeakMemory.Read() / 1e9:F2} GB of memory in this process."));
        return 0;
    }

    /// <summary>The body of the job, without its files.</summary>
    internal static JsonObject Request(CommandArguments arguments)
    {
        var request = new JsonObject
        {
            ["model"] = arguments.Text("--model") ?? SampleModel.Name,
            ["seed"] = arguments.WholeNumber("--seed", 0, int.MaxValue) ?? 1,
        };
        var hyperparameters = new JsonObject();
        Set(hyperparameters, "n_epochs", arguments.WholeNumber("--epochs", 1, 50));
        Set(hyperparameters, "batch_size", arguments.WholeNumber("--batch-size", 1, 256));
        Set(hyperparameters, "learning_rate", arguments.PositiveNumber("--learning-rate"));
        Set(hyperparameters, "weight_decay", arguments.Number("--weight-decay", 0, 1));
        var method = new JsonObject { ["type"] = "supervised", ["supervised"] = new JsonObject { ["hyperparameters"] = hyperparameters } };
        var adapter = new JsonObject();
        Set(adapter, "type", arguments.OneOf("--adapter", "lora", "full"));
        Set(adapter, "rank", arguments.WholeNumber("--rank", 1, 1024));
        Set(adapter, "alpha", arguments.PositiveNumber("--alpha"));
        if (adapter.Count > 0)
            method["adapter"] = adapter;
        request["method"] = method;
        return request;
    }

    private static void Set(JsonObject target, string name, JsonNode? value)
    {
        if (value is not null)
            target[name] = value;
    }
}
