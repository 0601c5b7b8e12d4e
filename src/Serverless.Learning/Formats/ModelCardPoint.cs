namespace Serverless.Learning.Formats;

/// <summary>One step of the training curve.</summary>
/// <param name="Loss">Mean cross-entropy of the step's supervised tokens, in nats; null of a step that was skipped.</param>
/// <param name="ValidationLoss">The same over the validation file, if it was measured at this step.</param>
public sealed record ModelCardPoint(int Step, double? Loss, double LearningRate, double? ValidationLoss = null);
