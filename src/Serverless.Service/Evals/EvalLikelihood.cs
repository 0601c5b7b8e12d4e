using Serverless.Learning.Evaluation;

namespace Serverless.Service.Evals;

/// <summary>What a run's model says of the right answers of a data set, and how often it gives them.</summary>
public sealed record EvalLikelihood
{
    /// <summary>Lines that were read for it: where it goes on.</summary>
    public int Read { get; init; }

    /// <summary>Those that fit the model's context, and are scored.</summary>
    public int Scored { get; init; }

    /// <summary>Sums over the supervised tokens.</summary>
    public EvaluationScores Scores { get; init; } = EvaluationScores.None;

    /// <summary>The share of answers that are exactly right, with its interval; null if no line has a right one.</summary>
    public MeanInterval? ExactMatch { get; init; }
}
