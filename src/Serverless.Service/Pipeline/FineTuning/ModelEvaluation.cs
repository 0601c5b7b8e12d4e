using System.Collections.Immutable;
using Serverless.Learning.Evaluation;
using Serverless.Learning.Training;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>How one model did on the validation file, so far.</summary>
public sealed record ModelEvaluation
{
    /// <summary>Sums over the supervised tokens of the examples scored.</summary>
    public EvaluationScores Scores { get; init; } = EvaluationScores.None;

    /// <summary>Examples scored, in the order of the file.</summary>
    public int Scored { get; init; }

    /// <summary>Of preferences, what the model says about each pair, until both models have been compared.</summary>
    public ImmutableArray<PairScore> Pairs { get; init; } = [];

    /// <summary>Examples that the model answered, in the order of the file.</summary>
    public int Answered { get; init; }

    /// <summary>The sum of the rewards of the answers to prompts.</summary>
    public double RewardSum { get; init; }

    /// <summary>Answers equal to the expected one.</summary>
    public int Exact { get; init; }

    /// <summary>The first answers.</summary>
    public ImmutableArray<GradedAnswer> Samples { get; init; } = [];

    /// <summary>The share of answers that are exactly right, 0 to 1; null if none was given.</summary>
    public double? ExactShare => Answered == 0 ? null : Exact / (double)Answered;
}
