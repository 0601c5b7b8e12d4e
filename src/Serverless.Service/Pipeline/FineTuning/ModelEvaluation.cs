using System.Collections.Immutable;
using System.Text.Json.Serialization;
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

    /// <summary>The same over the general text that the job holds back; nothing without any, or until it was read.</summary>
    public EvaluationScores General { get; init; } = EvaluationScores.None;

    /// <summary>Of preferences, what the model says about each pair, until both models have been compared.</summary>
    public ImmutableArray<PairScore> Pairs { get; init; } = [];

    /// <summary>Examples that the model answered, in the order of the file.</summary>
    public int Answered { get; init; }

    /// <summary>For each answer, whether it equals the expected one: 1 or 0.</summary>
    public ImmutableArray<double> ExactMatches { get; init; } = [];

    /// <summary>What the job's graders gave, in their order.</summary>
    public ImmutableArray<GraderScores> Graders { get; init; } = [];

    /// <summary>The first answers: those of base and tuned model at one index are to the same question.</summary>
    public ImmutableArray<GradedAnswer> Samples { get; init; } = [];

    /// <summary>The share of answers that are exactly right, 0 to 1; null if none was given.</summary>
    [JsonIgnore]
    public double? ExactShare => ExactMatches.IsEmpty ? null : ExactMatches.Average();

    /// <summary>The mean of each score of the answers with its interval: exact_match if there is a right one, then each grader.</summary>
    /// <param name="seed">The job's, for the intervals.</param>
    public IReadOnlyList<(string Metric, MeanInterval Mean)> Means(long seed) =>
    [
        .. ExactMatches.IsEmpty ? [] : new[] { ("exact_match", Bootstrap.Mean(ExactMatches, seed)) },
        .. Graders.Where(grader => !grader.Scores.IsEmpty).Select(grader => (grader.Name, Bootstrap.Mean(grader.Scores, seed))),
    ];
}
