using Serverless.Learning.Evaluation;

namespace Serverless.Service.Evals;

/// <summary>How many items passed and failed one criterion, and the sum of their scores.</summary>
public sealed record EvalCriterionCounts(string Name, int Passed = 0, int Failed = 0, double ScoreSum = 0)
{
    /// <summary>The mean of the scores with its interval; null until the run has come to its end, or if nothing was graded.</summary>
    public MeanInterval? Interval { get; init; }
}
