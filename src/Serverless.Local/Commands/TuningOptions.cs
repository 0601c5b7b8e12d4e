using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Serverless.Service.Models;

namespace Serverless.Local.Commands;

/// <summary>Options of commands that run one job on data that they are given.</summary>
internal static class TuningOptions
{
    public static ImmutableArray<CommandOption> All { get; } =
    [
        new("--model", "NAME", $"the base model ({SampleModel.Name})"),
        new("--adapter", "KIND", "lora or full (chosen by the model's size)"),
        new("--rank", "NUMBER", "rank of lora (16)"),
        new("--alpha", "NUMBER", "scale of lora (32)"),
        new("--epochs", "NUMBER", "passes over the data (auto)"),
        new("--batch-size", "NUMBER", "examples in an optimiser step (auto)"),
        new("--learning-rate", "NUMBER", "peak rate (auto)"),
        new("--weight-decay", "NUMBER", "decoupled decay of matrices, 0 to 1 (auto)"),
        new("--seed", "NUMBER", "seed of the run (1)"),
    ];

    /// <summary>The body of the job, without its files.</summary>
    /// <param name="method">The type of its method.</param>
    public static JsonObject Read(CommandArguments arguments, string method)
    {
        var hyperparameters = new JsonObject();
        Set(hyperparameters, "n_epochs", arguments.WholeNumber("--epochs", 1, 50));
        Set(hyperparameters, "batch_size", arguments.WholeNumber("--batch-size", 1, 256));
        Set(hyperparameters, "learning_rate", arguments.PositiveNumber("--learning-rate"));
        Set(hyperparameters, "weight_decay", arguments.Number("--weight-decay", 0, 1));
        var adapter = new JsonObject();
        Set(adapter, "type", arguments.OneOf("--adapter", "lora", "full"));
        Set(adapter, "rank", arguments.WholeNumber("--rank", 1, 1024));
        Set(adapter, "alpha", arguments.PositiveNumber("--alpha"));
        var settings = new JsonObject { ["type"] = method, [method] = new JsonObject { ["hyperparameters"] = hyperparameters } };
        if (adapter.Count > 0)
            settings["adapter"] = adapter;
        return new JsonObject
        {
            ["model"] = arguments.Text("--model") ?? SampleModel.Name,
            ["seed"] = arguments.WholeNumber("--seed", 0, int.MaxValue) ?? 1,
            ["method"] = settings,
        };
    }

    private static void Set(JsonObject target, string name, JsonNode? value)
    {
        if (value is not null)
            target[name] = value;
    }
}
