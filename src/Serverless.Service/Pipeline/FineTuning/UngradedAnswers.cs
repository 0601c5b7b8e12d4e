using System.Globalization;
using Serverless.Service.Inference;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>What is to be told of answers that graders could not grade.</summary>
internal static class UngradedAnswers
{
    /// <summary>A sentence for each grader that could not grade all answers of both models; empty if all could.</summary>
    public static IReadOnlyList<string> Of(JobEvaluation evaluation) =>
    [
        .. evaluation.Base.Graders.Zip(evaluation.Tuned.Graders).Where(pair => pair.First.Faults + pair.Second.Faults > 0).Select(pair => string.Create(
            CultureInfo.InvariantCulture,
            $"The grader '{pair.First.Name}' could not grade {Share(pair.First)} answers of the base and {Share(pair.Second)} of the tuned model, and what could not be graded counts 0{Why(pair.First, pair.Second)}")),
    ];

    /// <summary>Why a grader has measured nothing: it graded no answer of either model, or was given up. Null if it has, and of every other metric.</summary>
    public static string? Unmeasured(JobEvaluation evaluation, string metric)
    {
        var (before, after) = (Find(evaluation.Base, metric), Find(evaluation.Tuned, metric));
        if (before is null || after is null || !((before.IsBlank && after.IsBlank) || before.IsGivenUp || after.IsGivenUp))
            return null;
        var what = before.IsBlank && after.IsBlank
            ? $"the grader '{metric}' could grade none of the answers"
            : string.Create(CultureInfo.InvariantCulture, $"the grader '{metric}' could not grade {Share(before)} answers of the base and {Share(after)} of the tuned model");
        return what + Why(before, after);
    }

    private static GraderScores? Find(ModelEvaluation model, string metric) => model.Graders.FirstOrDefault(grader => grader.Name == metric);

    private static string Share(GraderScores scores) => string.Create(CultureInfo.InvariantCulture, $"{scores.Faults} of {scores.Scores.Length}");

    private static string Why(GraderScores before, GraderScores after) =>
        $" (the first fault: {before.FirstFault ?? after.FirstFault}{(before.IsGivenUp || after.IsGivenUp ? $"; after {GraderPatience.Most} answers in a row without an end in time it was not asked any more" : "")})";
}
