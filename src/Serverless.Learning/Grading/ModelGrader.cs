using Serverless.Learning.Text;

namespace Serverless.Learning.Grading;

/// <summary>A grader that asks a model and reads its answer.</summary>
/// <param name="instruction">The form in which the model shall answer.</param>
internal abstract class ModelGrader(string name, string type, ModelInput input, string instruction) : Grader(name, type)
{
    public override IReadOnlyList<string> Models { get; } = [input.Model];

    public override IReadOnlyList<string> ItemKeys => input.ItemKeys;

    internal override void Ask(GradingContext context, List<GraderQuestion> questions)
    {
        if (input.Render(context, $"{Name}.input", instruction).Question is { } question)
            questions.Add(question);
    }

    internal override Grade GradeIn(GradingContext context)
    {
        if (input.Render(context, $"{Name}.input", instruction).Fault is { } fault)
            return Grading.Grade.Faulty(fault.Kind, fault.Message);
        var answer = context.NextAnswer();
        if (answer is null or { Failure: not null })
            return Grading.Grade.Faulty(
                GradeFaultKind.ModelServer, $"{Name}.model: '{input.Model}' did not answer: {answer?.Failure ?? "it was not asked"}");
        return Read(Thought.Without(answer.Text).Trim());
    }

    /// <summary>The grade that an answer gives.</summary>
    protected abstract Grade Read(string answer);

    /// <summary>The fault of an answer that gives none.</summary>
    protected Grade Unreadable(string answer, string allowed)
    {
        var shown = answer.Length > 40 ? $"{answer[..(char.IsHighSurrogate(answer[39]) ? 39 : 40)]}…" : answer;
        return Grading.Grade.Faulty(GradeFaultKind.ModelParse, $"{Name}.model: '{input.Model}' answered \"{shown}\"; allowed: {allowed}");
    }
}
