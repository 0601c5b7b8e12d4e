using System.Globalization;
using Serverless.Learning.Grading.Numbers;

namespace Serverless.Learning.Grading;

/// <summary>The score that a model gives, the last number of its answer.</summary>
internal sealed class ScoreModelGrader(string name, ModelInput input, double lowest, double highest, double threshold)
    : ModelGrader(name, "score_model", input, $"Answer with a number from {Text(lowest)} to {Text(highest)}, and nothing else.")
{
    protected override Grade Read(string answer)
    {
        var score = NumberScanner.Last(answer) is { } number ? (double)number : double.NaN;
        return score >= lowest && score <= highest
            ? new Grade { Score = score, Passed = score >= threshold }
            : Unreadable(answer, $"a number from {Text(lowest)} to {Text(highest)}");
    }

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
}
