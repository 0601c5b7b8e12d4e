namespace Serverless.Learning.Training;

/// <summary>What an objective measures on validation examples between two steps.</summary>
/// <param name="Loss">The objective's loss, as a step reports it.</param>
/// <param name="Accuracy">Share of predicted tokens that were most likely; null where the objective is not about predicting tokens.</param>
/// <param name="Figures">The method's own figures, by the names that steps report them under.</param>
public sealed record ValidationScores(double Loss, double? Accuracy, IReadOnlyDictionary<string, double> Figures);
