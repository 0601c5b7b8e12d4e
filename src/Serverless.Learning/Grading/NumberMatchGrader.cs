using Serverless.Learning.Grading.Numbers;
using Serverless.Learning.Grading.Templates;

namespace Serverless.Learning.Grading;

/// <summary>
/// 1 if the last number of the input is the last number of the reference, exactly or within a tolerance, 0 otherwise. Numbers are read by
/// <see cref="NumberScanner"/>: 1,234 is 1234, 50% is 0.5 and 1/2, and is not 50.
/// </summary>
internal sealed class NumberMatchGrader(string name, TextTemplate input, TextTemplate reference, double tolerance) : Grader(name, "number_match")
{
    private readonly Rational _tolerance = NumberScanner.Of(tolerance);

    public override IReadOnlyList<string> ItemKeys { get; } = [.. input.ItemKeys.Union(reference.ItemKeys)];

    internal override Grade GradeIn(GradingContext context)
    {
        if (!input.TryRender(context, $"{Name}.input", out var text, out var fault)
            || !reference.TryRender(context, $"{Name}.reference", out var wantedText, out fault))
            return Grading.Grade.Faulty(fault!.Kind, fault.Message);
        if (NumberScanner.Last(wantedText) is not { } wanted)
            return Grading.Grade.Faulty(GradeFaultKind.InvalidVariable, $"{Name}.reference: found no number; allowed: a text with one");
        // An answer without a number is wrong, and not a fault.
        var holds = NumberScanner.Last(text) is { } found && Rational.AreWithin(found, wanted, _tolerance);
        return new Grade { Score = holds ? 1 : 0, Passed = holds };
    }
}
