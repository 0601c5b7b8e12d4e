using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Serverless.Learning.Grading;
using Serverless.Service.Inference;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>What one grader gave to one model's answers, in their order.</summary>
/// <param name="Name">The grader's name.</param>
/// <param name="Scores">A score per answer.</param>
/// <param name="Faults">Answers that could not be graded; their score is 0.</param>
/// <param name="FirstFault">Why the first of them could not.</param>
public sealed record GraderScores(string Name, ImmutableArray<double> Scores, int Faults = 0, string? FirstFault = null)
{
    /// <summary>The last answers in a row that the grader came to no end with in time.</summary>
    public int TimedOutInRow { get; init; }

    /// <summary>Whether the grader came to no end so often that it was not asked about the rest.</summary>
    [JsonIgnore]
    public bool IsGivenUp => TimedOutInRow >= GraderPatience.Most;

    /// <summary>Whether there are answers, and none of them could be graded.</summary>
    [JsonIgnore]
    public bool IsBlank => !Scores.IsEmpty && Faults == Scores.Length && Scores.All(score => score == 0);

    /// <summary>With the grades of more answers.</summary>
    public GraderScores With(IReadOnlyList<Grade> grades) => this with
    {
        Scores = Scores.AddRange(grades.Select(grade => grade.Score)),
        Faults = Faults + grades.Count(grade => !grade.Faults.IsEmpty),
        FirstFault = FirstFault ?? grades.FirstOrDefault(grade => !grade.Faults.IsEmpty)?.Faults[0].Message,
    };
}
