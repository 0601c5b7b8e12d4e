using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Service.Jobs;

namespace Serverless.Api.Wire;

/// <summary>
/// A job's method as OpenAI writes it: <c>{type, &lt;type&gt;: {hyperparameters}}</c>, besides our <c>adapter</c> where one was asked for.
/// Hyper-parameters are numbers, or <c>auto</c> until Prepare has resolved them.
/// </summary>
internal static class MethodObject
{
    private const string Auto = "auto";

    public static JsonObject Of(JobRecord job)
    {
        var type = NameOf(job.Method.Type);
        var method = new JsonObject
        {
            ["type"] = type,
            [type] = new JsonObject { ["hyperparameters"] = HyperparametersOf(job) },
        };
        if (AdapterOf(job.Adapter) is { Count: > 0 } adapter)
            method["adapter"] = adapter;
        return method;
    }

    /// <summary>The hyper-parameters alone. What only this service knows is written where it was asked for.</summary>
    public static JsonObject HyperparametersOf(JobRecord job)
    {
        var asked = job.Method.Hyperparameters;
        var written = new JsonObject
        {
            ["n_epochs"] = asked.Epochs ?? (JsonNode)Auto,
            ["batch_size"] = asked.BatchSize ?? (JsonNode)Auto,
            ["learning_rate_multiplier"] = asked.LearningRateMultiplier ?? (JsonNode)Auto,
        };
        if (asked.LearningRate is { } rate)
            written["learning_rate"] = rate;
        if (asked.MaxSequenceLength is { } length)
            written["max_sequence_length"] = length;
        return written;
    }

    private static JsonObject AdapterOf(AdapterRequest asked)
    {
        var written = new JsonObject();
        if (asked.Type is { } kind)
            written["type"] = JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString());
        if (asked.Rank is { } rank)
            written["rank"] = rank;
        if (asked.Alpha is { } alpha)
            written["alpha"] = alpha;
        if (asked.Dropout is { } dropout)
            written["dropout"] = dropout;
        if (asked.TargetModules is { } modules)
            written["target_modules"] = modules is ["all-linear"] ? "all-linear" : new JsonArray([.. modules.Select(name => (JsonNode)name)]);
        return written;
    }

    private static string NameOf(MethodType type) => JsonNamingPolicy.SnakeCaseLower.ConvertName(type.ToString());
}
