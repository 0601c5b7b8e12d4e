using System.Collections.Immutable;

namespace Serverless.Learning.Grading;

/// <summary>What one grader gave to one answer.</summary>
public sealed record Grade
{
    /// <summary>The reward: from 0 to 1 for most graders, and whatever its range or formula says for score_model and multi; 0 with a fault.</summary>
    public required double Score { get; init; }

    /// <summary>Whether the answer reached the grader's threshold; false with a fault.</summary>
    public required bool Passed { get; init; }

    /// <summary>Why the answer could not be graded, or parts of it could not; empty if all went well.</summary>
    public ImmutableArray<GradeFault> Faults { get; init; } = [];

    /// <summary>The grades of a multi grader's parts by their names, in their order; empty for every other.</summary>
    public ImmutableArray<KeyValuePair<string, Grade>> Parts { get; init; } = [];

    /// <summary>A grade of nothing, with the reason.</summary>
    internal static Grade Faulty(GradeFaultKind kind, string message) =>
        new() { Score = 0, Passed = false, Faults = [new GradeFault(kind, message)] };
}
