namespace Serverless.Learning.Formats;

/// <summary>One measure of the evaluation, of the base and of the tuned model; null where it was not taken.</summary>
public sealed record ModelCardScore(string Measure, double? Base, double? Tuned);
