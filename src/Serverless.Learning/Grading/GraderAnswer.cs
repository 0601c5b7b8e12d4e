namespace Serverless.Learning.Grading;

/// <summary>What a model answered to a <see cref="GraderQuestion"/>.</summary>
/// <param name="Text">The answer's text.</param>
/// <param name="Failure">Why there is no answer, for people to read; null if there is one.</param>
public sealed record GraderAnswer(string Text, string? Failure = null);
