using System.Collections.Immutable;
using System.Text.Json;
using Serverless.Api.Requests;
using Serverless.Learning;
using Serverless.Learning.Adapters;
using Serverless.Service.Jobs;

namespace Serverless.Api.Jobs;

/// <summary>
/// Reads a job's <c>method</c>, <c>{type, &lt;type&gt;: {hyperparameters}, adapter}</c>, or the deprecated <c>hyperparameters</c> of the request
/// itself. <c>adapter</c>, <c>replay</c>, <c>learning_rate</c>, <c>weight_decay</c> and <c>max_sequence_length</c> are ours, and so is <c>recipe</c>, a
/// chain of the others.
/// </summary>
internal static class MethodReader
{
    private const int MaxRank = 1024;
    private const double MaxBeta = 2;

    private static readonly string[] Types = ["supervised", "dpo", "reinforcement", "distillation", "pretraining"];
    private static readonly string[] AdapterTypes = ["lora", "full", "qlora"];

    private static readonly string[] AdapterFields =
        ["type", "rank", "alpha", "dropout", "target_modules", "use_dora", "use_rslora"];

    public static (JobMethod Method, AdapterRequest Adapter, ImmutableArray<RecipeStageRequest> Stages) Read(RequestObject body)
    {
        if (body.Object("method") is not { } method)
            return (new JobMethod { Hyperparameters = ReadHyperparameters(body.Object("hyperparameters")) }, new AdapterRequest(), []);

        var type = method.OneOf("type", [.. Types, RecipeReader.Name]) ?? throw Refusal.Missing(method.PathOf("type"));
        var adapter = ReadAdapter(method.Object("adapter"));
        if (type == RecipeReader.Name && body.Object("hyperparameters") is not null)
            throw new InputError(
                "'hyperparameters' belong to one method, and a recipe is several: give each stage its own, such as 'method.recipe.stages[0].supervised.hyperparameters'.",
                "hyperparameters", "invalid_value");
        return type == RecipeReader.Name
            ? (new JobMethod { Type = MethodType.Recipe, Replay = ReplayReader.Read(method) }, adapter, RecipeReader.Read(method, adapter))
            : (ReadOne(method, body.Object("hyperparameters")), adapter, []);
    }

    /// <summary>Any method but a recipe: that of a job, or that of a recipe's stage.</summary>
    /// <param name="deprecated">The hyper-parameters that count where the method has none.</param>
    public static JobMethod ReadOne(RequestObject method, RequestObject? deprecated)
    {
        var type = method.OneOf("type", Types) ?? throw Refusal.Missing(method.PathOf("type"));
        var hyperparameters = method.Object(type)?.Object("hyperparameters") ?? deprecated;
        var read = ReadHyperparameters(hyperparameters);
        if (type == "dpo")
            read = read with { Beta = hyperparameters?.AutoOrPositive("beta", MaxBeta) };
        if (read.TruncatesEnd && type is not ("supervised" or "pretraining"))
            throw new InputError(
                $"'{hyperparameters!.Value.PathOf("truncate")}' cuts examples of supervised training and of pretraining; found method '{type}', whose answers or prompts would lose their ends: "
                    + "leave it out, and shorten the examples that are refused.",
                hyperparameters.Value.PathOf("truncate"), "invalid_value");
        var asked = new JobMethod { Type = TypeOf(type), Hyperparameters = read, Replay = ReplayReader.Read(method) };
        if (type == "reinforcement")
            asked = PolicyReader.Read(asked, method, hyperparameters);
        if (type == "distillation")
            asked = DistillationReader.Read(asked, method);
        return asked;
    }

    private static MethodType TypeOf(string type) => type switch
    {
        "distillation" => MethodType.Distillation,
        "dpo" => MethodType.Dpo,
        "pretraining" => MethodType.Pretraining,
        "reinforcement" => MethodType.Reinforcement,
        _ => MethodType.Supervised,
    };

    private static Hyperparameters ReadHyperparameters(RequestObject? given)
    {
        if (given is not { } fields)
            return new Hyperparameters();
        var read = new Hyperparameters
        {
            Epochs = fields.AutoOrInteger("n_epochs", 1, 50),
            BatchSize = fields.AutoOrInteger("batch_size", 1, 256),
            LearningRateMultiplier = fields.AutoOrPositive("learning_rate_multiplier"),
            LearningRate = fields.AutoOrPositive("learning_rate"),
            WeightDecay = fields.AutoOrNumber("weight_decay", 0, 1),
            MaxSequenceLength = fields.AutoOrInteger("max_sequence_length", 2, int.MaxValue),
            TruncatesEnd = fields.OneOf("truncate", ["end"]) is not null,
            GradientCheckpointing = fields.Boolean("gradient_checkpointing") ?? false,
            EarlyStoppingPatience = (int?)fields.Integer("early_stopping_patience", 1, 50),
            Publish = fields.OneOf("publish", ["best", "last"]) switch { "best" => PublishedCheckpoint.Best, "last" => PublishedCheckpoint.Last, _ => null },
        };
        return read is { LearningRate: not null, LearningRateMultiplier: not null }
            ? throw new InputError(
                $"'{fields.PathOf("learning_rate")}' and '{fields.PathOf("learning_rate_multiplier")}' exclude each other: give one of them.",
                fields.PathOf("learning_rate"), "invalid_value")
            : read;
    }

    public static AdapterRequest ReadAdapter(RequestObject? given)
    {
        if (given is not { } fields)
            return new AdapterRequest();
        foreach (var field in fields.Fields.Where(field => !AdapterFields.Contains(field.Name)))
            throw Refusal.Unknown(fields.PathOf(field.Name), AdapterFields);
        var type = fields.OneOf("type", AdapterTypes);
        var dropout = fields.Number("dropout", 0);
        if (dropout >= 1)
            throw Refusal.NotAllowed(fields.PathOf("dropout"), "a number from 0 to below 1", Refusal.Text(dropout.Value));
        var read = new AdapterRequest
        {
            Type = type switch { "lora" => AdapterKind.Lora, "full" => AdapterKind.Full, "qlora" => AdapterKind.Qlora, _ => null },
            Rank = fields.AutoOrInteger("rank", 1, MaxRank),
            Alpha = fields.AutoOrPositive("alpha"),
            Dropout = dropout,
            WeightDecomposed = fields.Boolean("use_dora"),
            RankStabilized = fields.Boolean("use_rslora"),
            TargetModules = ReadTargets(fields),
        };
        return read.Type == AdapterKind.Full && read != new AdapterRequest { Type = AdapterKind.Full }
            ? throw FullTakesNothing(fields)
            : read;
    }

    private static InputError FullTakesNothing(RequestObject adapter)
    {
        var field = adapter.Fields.First(field => field.Name != "type" && adapter.Value(field.Name) is not null).Name;
        return new InputError(
            $"'{adapter.PathOf(field)}' is a property of low-rank updates, and '{adapter.PathOf("type")}' is 'full': leave it out, or choose 'lora' or 'qlora'.",
            adapter.PathOf(field), "invalid_value");
    }

    private static ImmutableArray<string>? ReadTargets(RequestObject adapter)
    {
        const string Name = "target_modules";
        var path = adapter.PathOf(Name);
        if (adapter.Value(Name) is not { } value)
            return null;
        if (value.ValueKind == JsonValueKind.String && value.ValueEquals(AdapterOptions.AllLinear))
            return [AdapterOptions.AllLinear];
        if (value.ValueKind != JsonValueKind.Array)
            throw Refusal.NotAllowed(path, $"'{AdapterOptions.AllLinear}' or an array of strings", value.GetRawText());
        return value.GetArrayLength() == 0
            ? throw Refusal.EmptyArray(path)
            : [.. value.EnumerateArray().Select((one, index) => RequestObject.TextOf(one, $"{path}[{index}]", minLength: 1))];
    }
}
