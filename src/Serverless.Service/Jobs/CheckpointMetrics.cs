namespace Serverless.Service.Jobs;

/// <summary>What is known about a checkpoint's quality, as the wire shows it; null where nothing was measured.</summary>
public sealed record CheckpointMetrics
{
    public double? TrainLoss { get; init; }

    public double? TrainAccuracy { get; init; }

    public double? ValidLoss { get; init; }

    public double? ValidAccuracy { get; init; }

    public double? FullValidLoss { get; init; }

    public double? FullValidAccuracy { get; init; }

    /// <summary>Of a policy, the mean reward of its answers to validation prompts.</summary>
    public double? ValidReward { get; init; }
}
