using Serverless.Learning.Evaluation;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>How the tuned model's answers compare with the base's, by one score per answer.</summary>
/// <param name="Metric">exact_match, or a grader's name.</param>
/// <param name="Gain">The mean of the differences, tuned less base, of the same question.</param>
/// <param name="Wins">Questions on which the tuned model scored higher.</param>
/// <param name="Losses">Questions on which the base scored higher.</param>
/// <param name="Ties">Questions on which both scored the same.</param>
public sealed record MetricComparison(
    string Metric, MeanInterval Base, MeanInterval Tuned, MeanInterval Gain, int Wins, int Losses, int Ties)
{
    /// <summary>Compares two lists of scores, one entry per question, at least one.</summary>
    public static MetricComparison Of(string metric, IReadOnlyList<double> before, IReadOnlyList<double> after, long seed)
    {
        var differences = before.Zip(after, (one, other) => other - one).ToList();
        return new MetricComparison(
            metric,
            Bootstrap.Mean(before, seed),
            Bootstrap.Mean(after, seed),
            Bootstrap.Mean(differences, seed),
            differences.Count(difference => difference > 0),
            differences.Count(difference => difference < 0),
            differences.Count(difference => difference == 0));
    }
}
