using System.Text.Json.Serialization;
using Serverless.Service.Jobs;

namespace Serverless.Api.Wire;

/// <summary>How a checkpoint scored; what was not measured is left out, as OpenAI does.</summary>
internal sealed record CheckpointMetricsObject
{
    public required int Step { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? TrainLoss { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? TrainMeanTokenAccuracy { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? ValidLoss { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? ValidMeanTokenAccuracy { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? FullValidLoss { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? FullValidMeanTokenAccuracy { get; init; }

    /// <summary>Ours: the mean reward of a policy's answers to validation prompts.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? ValidReward { get; init; }

    public static CheckpointMetricsObject Of(CommittedCheckpoint checkpoint) => new()
    {
        Step = checkpoint.Step,
        TrainLoss = checkpoint.Metrics?.TrainLoss,
        TrainMeanTokenAccuracy = checkpoint.Metrics?.TrainAccuracy,
        ValidLoss = checkpoint.Metrics?.ValidLoss,
        ValidMeanTokenAccuracy = checkpoint.Metrics?.ValidAccuracy,
        FullValidLoss = checkpoint.Metrics?.FullValidLoss,
        FullValidMeanTokenAccuracy = checkpoint.Metrics?.FullValidAccuracy,
        ValidReward = checkpoint.Metrics?.ValidReward,
    };
}
