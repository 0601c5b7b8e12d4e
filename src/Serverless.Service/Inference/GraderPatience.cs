using Serverless.Learning.Grading;

namespace Serverless.Service.Inference;

/// <summary>Gives a grader up that comes to no end in time with one answer after another: each may take seconds, and there may be thousands.</summary>
/// <param name="inRow">The answers in a row, up to now, that it came to no end with.</param>
internal sealed class GraderPatience(int inRow = 0)
{
    /// <summary>So many in a row are enough.</summary>
    public const int Most = 8;

    /// <summary>The answers in a row, up to the last one, that the grader came to no end with.</summary>
    public int InRow { get; private set; } = inRow;

    /// <summary>Whether the grader is not to be asked any more.</summary>
    public bool IsOver => InRow >= Most;

    /// <summary>The grade of an answer, or the fault of one that is not looked at any more.</summary>
    public Grade Of(Func<Grade> grade)
    {
        if (IsOver)
            return new Grade { Score = 0, Passed = false, Faults = [new GradeFault(GradeFaultKind.UnresponsiveReward, $"not graded: the grader came to no end in time with {Most} answers in a row")] };
        var given = grade();
        InRow = given.Faults.Any(fault => fault.Kind == GradeFaultKind.UnresponsiveReward) ? InRow + 1 : 0;
        return given;
    }
}
