using Serverless.Learning.Evaluation;

namespace Serverless.Learning.Formats;

/// <summary>One stage of a recipe on a model card.</summary>
/// <param name="Method">What was done, such as <c>supervised fine-tuning with LoRA</c>.</param>
/// <param name="FirstStep">The number of its first step.</param>
/// <param name="LastStep">That of its last.</param>
/// <param name="Loss">The mean training loss of its last steps, in nats; null if none is known.</param>
/// <param name="Scores">What its model's answers to the validation file scored, by the name of the metric.</param>
/// <param name="GeneralLoss">Its model's loss on general text that was held back, in nats a token; null if there was none.</param>
public sealed record ModelCardStage(
    string Method, int FirstStep, int LastStep, double? Loss, IReadOnlyList<(string Metric, MeanInterval Mean)> Scores, double? GeneralLoss = null);
