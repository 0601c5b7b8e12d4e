using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Learning.Adapters;
using Serverless.Service.Jobs;

namespace Serverless.Api.Wire;

/// <summary>
/// A job's method as OpenAI writes it: <c>{type, &lt;type&gt;: {hyperparameters}}</c>, besides our <c>adapter</c> and <c>replay</c> where they were asked for.
/// Hyper-parameters are numbers, or <c>auto</c> until Prepare has resolved them. A recipe has those of its stages.
/// </summary>
internal static class MethodObject
{
    private const string Auto = "auto";

    public static JsonObject Of(JobRecord job)
    {
        var type = NameOf(job.Method.Type);
        if (job.Method.Type == MethodType.Recipe)
            return Written(new JsonObject { ["type"] = type, [type] = RecipeObject.Of(job) }, job.Method.Replay);
        var method = new JsonObject
        {
            ["type"] = type,
            [type] = OwnOf(job),
        };
        if (AdapterOf(job) is { Count: > 0 } adapter)
            method["adapter"] = adapter;
        return Written(method, job.Method.Replay);
    }

    private static JsonObject Written(JsonObject method, ReplayRequest? replay)
    {
        if (replay is not null)
            method["replay"] = new JsonObject { ["file"] = replay.File.Value, ["share"] = replay.Share };
        return method;
    }

    private static JsonObject OwnOf(JobRecord job)
    {
        var own = new JsonObject { ["hyperparameters"] = HyperparametersOf(job) };
        if (job.Method.Grader is { } grader)
            own["grader"] = JsonObject.Create(grader);
        if (job.Method.ResponseFormat is { } format)
            own["response_format"] = JsonObject.Create(format);
        if (job.Method.Distillation is { } distillation)
            DistillationObject.Write(distillation, own);
        return own;
    }

    /// <summary>The hyper-parameters alone. What only this service knows is written where it was asked for or is resolved.</summary>
    public static JsonObject HyperparametersOf(JobRecord job)
    {
        var asked = job.Method.Hyperparameters;
        var resolved = job.Options;
        var written = new JsonObject
        {
            ["n_epochs"] = resolved?.Epochs ?? asked.Epochs ?? (JsonNode)Auto,
            ["batch_size"] = resolved?.BatchSize ?? asked.BatchSize ?? (JsonNode)Auto,
            // Without a factor the rate that was chosen is the one that auto chooses.
            ["learning_rate_multiplier"] = asked.LearningRateMultiplier ?? (resolved is null || asked.LearningRate is not null ? (JsonNode)Auto : 1.0),
        };
        if (asked.TruncatesEnd)
            written["truncate"] = "end";
        if (asked.GradientCheckpointing)
            written["gradient_checkpointing"] = true;
        if (asked.EarlyStoppingPatience is { } patience)
            written["early_stopping_patience"] = patience;
        if (asked.Publish is { } published)
            written["publish"] = WireName.Of(published);
        if (job.Method.Type == MethodType.Dpo)
            written["beta"] = resolved?.Beta ?? asked.Beta ?? (JsonNode)Auto;
        if ((resolved?.LearningRate ?? asked.LearningRate) is { } rate)
            written["learning_rate"] = rate;
        if ((resolved?.WeightDecay ?? asked.WeightDecay) is { } decay)
            written["weight_decay"] = decay;
        if ((resolved?.MaxSequenceLength ?? asked.MaxSequenceLength) is { } length)
            written["max_sequence_length"] = length;
        if (job.Method.Type == MethodType.Reinforcement)
            PolicyObject.Write(job, written);
        return written;
    }

    private static JsonObject AdapterOf(JobRecord job) => job.Options?.Adapter is { } resolved
        ? AdapterOf(resolved.Kind == AdapterKind.Full
            ? new AdapterRequest { Type = AdapterKind.Full }
            : new AdapterRequest
            {
                Type = resolved.Kind,
                Rank = resolved.Rank,
                Alpha = resolved.Alpha,
                Dropout = resolved.Dropout,
                WeightDecomposed = resolved.WeightDecomposed,
                RankStabilized = resolved.RankStabilized,
                TargetModules = [.. resolved.TargetModules],
            })
        : AdapterOf(job.Adapter);

    private static JsonObject AdapterOf(AdapterRequest adapter)
    {
        var written = new JsonObject();
        if (adapter.Type is { } kind)
            written["type"] = JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString());
        if (adapter.Rank is { } rank)
            written["rank"] = rank;
        if (adapter.Alpha is { } alpha)
            written["alpha"] = alpha;
        if (adapter.Dropout is { } dropout)
            written["dropout"] = dropout;
        if (adapter.TargetModules is { } modules)
        {
            written["target_modules"] = modules is [AdapterOptions.AllLinear]
                ? AdapterOptions.AllLinear
                : new JsonArray([.. modules.Select(name => (JsonNode)name)]);
        }

        if (adapter.WeightDecomposed is { } decomposed)
            written["use_dora"] = decomposed;
        if (adapter.RankStabilized is { } stabilized)
            written["use_rslora"] = stabilized;
        return written;
    }

    private static string NameOf(MethodType type) => JsonNamingPolicy.SnakeCaseLower.ConvertName(type.ToString());
}
