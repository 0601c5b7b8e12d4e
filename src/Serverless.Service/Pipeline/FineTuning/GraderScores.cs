using System.Collections.Immutable;
using Serverless.Learning.Grading;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>What one grader gave to one model's answers, in their order.</summary>
/// <param name="Name">The grader's name.</param>
/// <param name="Scores">A score per answer.</param>
/// <param name="Faults">Answers that could not be graded; their score is 0.</param>
/// <param name="FirstFault">Why the first of them could not.</param>
public sealed record GraderScores(string Name, ImmutableArray<double> Scores, int Faults = 0, string? FirstFault = null)
{
    public GraderScores With(IReadOnlyList<Grade> grades) => this with
    {
        Scores = Scores.AddRange(grades.Select(grade => grade.Score)),
        Faults = Faults + grades.Count(grade => !grade.Faults.IsEmpty),
        FirstFault = FirstFault ?? grades.FirstOrDefault(grade => !grade.Faults.IsEmpty)?.Faults[0].Message,
    };
}
