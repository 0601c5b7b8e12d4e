namespace Serverless.Learning.Reinforcement;

/// <summary>What an answer is worth.</summary>
/// <param name="Value">The reward.</param>
/// <param name="Parts">What it consists of, by name, where it has parts.</param>
/// <param name="Fault">What kept it from being graded, or null.</param>
/// <param name="TimedOut">Whether that was the grader's time, which ended before it did.</param>
public sealed record Reward(double Value, IReadOnlyDictionary<string, double> Parts, string? Fault = null, bool TimedOut = false);
