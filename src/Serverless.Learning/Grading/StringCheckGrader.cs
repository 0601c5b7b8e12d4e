using Serverless.Learning.Grading.Templates;

namespace Serverless.Learning.Grading;

/// <summary>1 if the input stands in a relation to the reference, 0 otherwise.</summary>
internal sealed class StringCheckGrader(string name, StringCheckOperation operation, TextTemplate input, TextTemplate reference)
    : Grader(name, "string_check")
{
    public override IReadOnlyList<string> ItemKeys { get; } = [.. input.ItemKeys.Union(reference.ItemKeys)];

    internal override Grade GradeIn(GradingContext context)
    {
        if (!input.TryRender(context, $"{Name}.input", out var text, out var fault)
            || !reference.TryRender(context, $"{Name}.reference", out var wanted, out fault))
            return Grading.Grade.Faulty(fault!.Kind, fault.Message);
        var holds = operation switch
        {
            StringCheckOperation.Equal => text == wanted,
            StringCheckOperation.NotEqual => text != wanted,
            StringCheckOperation.Contains => text.Contains(wanted, StringComparison.Ordinal),
            _ => text.Contains(wanted, StringComparison.OrdinalIgnoreCase),
        };
        return new Grade { Score = holds ? 1 : 0, Passed = holds };
    }
}
