namespace Serverless.Learning.Evaluation;

/// <summary>A mean with its 95 % interval.</summary>
public sealed record MeanInterval(double Mean, double Low, double High);
