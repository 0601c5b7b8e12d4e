namespace Serverless.Service.Jobs;

/// <summary>Whose answers a job's model learns, and how they are drawn; null means <c>auto</c>, of which nothing is left in a job that is prepared.</summary>
public sealed record DistillationRequest
{
    /// <summary>The teacher of a recipe's stage that learns from what the stage before led to.</summary>
    public const string Previous = "previous";

    /// <summary>A model of this service, or a teacher of the configuration; in a recipe also <see cref="Previous"/>.</summary>
    public required string Teacher { get; init; }

    /// <summary>Answers to each prompt.</summary>
    public int Samples { get; init; } = 1;

    /// <summary>Auto: the most likely token each time where one answer is asked for, 1 where several are.</summary>
    public double? Temperature { get; init; }

    /// <summary>The share of probability that is drawn from.</summary>
    public double? TopP { get; init; }

    /// <summary>The most tokens of an answer.</summary>
    public int? MaxAnswerTokens { get; init; }

    /// <summary>The least reward of an answer that is learned from; null leaves it to the grader.</summary>
    public double? PassThreshold { get; init; }
}
