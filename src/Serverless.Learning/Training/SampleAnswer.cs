namespace Serverless.Learning.Training;

/// <summary>An answer of the model as it is on its way.</summary>
/// <param name="Prompt">What people see asked.</param>
/// <param name="Reward">What it was worth; null where answers are not graded.</param>
public sealed record SampleAnswer(string Prompt, string Answer, double? Reward = null);
