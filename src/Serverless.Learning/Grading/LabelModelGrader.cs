namespace Serverless.Learning.Grading;

/// <summary>1 if a model gives one of the passing labels, 0 if it gives another.</summary>
internal sealed class LabelModelGrader(string name, ModelInput input, IReadOnlyList<string> labels, IReadOnlyList<string> passing)
    : ModelGrader(name, "label_model", input, $"Answer with one of these labels, and nothing else: {string.Join(", ", labels)}")
{
    protected override Grade Read(string answer)
    {
        var named = labels.Where(label => answer.Contains(label, StringComparison.OrdinalIgnoreCase)).ToArray();
        // "very good" names the label "good" as well, which is not meant.
        var meant = named.Where(label => !named.Any(other => other.Length > label.Length && other.Contains(label, StringComparison.OrdinalIgnoreCase))).ToArray();
        if (meant.Length != 1)
            return Unreadable(answer, $"one of {string.Join(", ", labels)}");
        var passed = passing.Contains(meant[0]);
        return new Grade { Score = passed ? 1 : 0, Passed = passed };
    }
}
