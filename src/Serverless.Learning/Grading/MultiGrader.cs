using System.Globalization;
using Serverless.Learning.Grading.Formulas;

namespace Serverless.Learning.Grading;

/// <summary>
/// A formula over the scores of several graders. A part that cannot grade an answer counts 0, and its fault is reported; a formula without a
/// finite value is a fault of its own.
/// </summary>
internal sealed class MultiGrader(string name, IReadOnlyList<KeyValuePair<string, Grader>> parts, Formula formula, double threshold)
    : Grader(name, "multi")
{
    public override IReadOnlyList<string> Models { get; } = [.. parts.SelectMany(part => part.Value.Models).Distinct()];

    public override IReadOnlyList<string> ItemKeys { get; } = [.. parts.SelectMany(part => part.Value.ItemKeys).Distinct()];

    internal override void Ask(GradingContext context, List<GraderQuestion> questions)
    {
        foreach (var part in parts)
            part.Value.Ask(context, questions);
    }

    internal override Grade GradeIn(GradingContext context)
    {
        var grades = parts.Select(part => KeyValuePair.Create(part.Key, GradeOf(part, context))).ToArray();
        var scores = grades.ToDictionary(part => part.Key, part => part.Value.Score, StringComparer.Ordinal);
        var faults = grades.SelectMany(part => part.Value.Faults).ToList();
        var score = formula.Value(scores);
        if (!double.IsFinite(score))
        {
            var given = string.Join(", ", scores.Select(part => $"{part.Key} = {part.Value.ToString("0.####", CultureInfo.InvariantCulture)}"));
            faults.Add(new GradeFault(
                GradeFaultKind.FormulaParse,
                $"{Name}.calculate_output: found no finite number with {given}; allowed: a formula that has one for all scores"));
            score = 0;
        }
        return new Grade { Score = score, Passed = faults.Count == 0 && score >= threshold, Faults = [.. faults], Parts = [.. grades] };
    }

    private Grade GradeOf(KeyValuePair<string, Grader> part, GradingContext context) =>
        context.Time is { } time && !time.IsLeft()
            ? Grading.Grade.Faulty(
                GradeFaultKind.UnresponsiveReward,
                FormattableString.Invariant($"{Name}.graders.{part.Key}: not begun, since the graders before it took {time.Longest.TotalSeconds:0.###} s; allowed: graders that end within this time together"))
            : part.Value.GradeIn(context);
}
