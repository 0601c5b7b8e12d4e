using Serverless.Learning.Grading.Similarity;
using Serverless.Learning.Grading.Templates;

namespace Serverless.Learning.Grading;

/// <summary>How alike the input and the reference are, by a metric of <see cref="TextSimilarity"/>.</summary>
internal sealed class TextSimilarityGrader(string name, TextMetric metric, TextTemplate input, TextTemplate reference, double threshold)
    : Grader(name, "text_similarity")
{
    /// <summary>What keeps the comparison within a second.</summary>
    public const int MaxCharacters = 100_000;

    public override IReadOnlyList<string> ItemKeys { get; } = [.. input.ItemKeys.Union(reference.ItemKeys)];

    internal override Grade GradeIn(GradingContext context)
    {
        if (!input.TryRender(context, $"{Name}.input", out var text, out var fault)
            || !reference.TryRender(context, $"{Name}.reference", out var wanted, out fault))
            return Grading.Grade.Faulty(fault!.Kind, fault.Message);
        var (field, longest) = text.Length >= wanted.Length ? ("input", text) : ("reference", wanted);
        if (longest.Length > MaxCharacters)
            return Grading.Grade.Faulty(
                GradeFaultKind.TruncatedObservation, $"{Name}.{field}: found {longest.Length} characters; allowed: at most {MaxCharacters}");
        var score = TextSimilarity.Score(metric, text, wanted);
        return new Grade { Score = score, Passed = score >= threshold };
    }
}
