namespace Serverless.Learning.Training;

/// <summary>What one optimiser step reports.</summary>
/// <param name="Step">The number of steps done, this one included (1-based).</param>
/// <param name="Loss">The objective's loss; for supervised training the mean cross-entropy over the step's supervised tokens, in nats. Null of a step that was skipped.</param>
/// <param name="Accuracy">
/// Share of supervised tokens whose most likely prediction was right, 0 to 1; null where the method predicts none, and of a step that was skipped.
/// </param>
/// <param name="LearningRate">The rate this step was taken with.</param>
/// <param name="GradientNorm">The global L2 norm before clipping; null of a step that was skipped.</param>
/// <param name="Tokens">Tokens read, padding left out.</param>
/// <param name="SupervisedTokens">Tokens the loss was taken over.</param>
/// <param name="Elapsed">Wall-clock time of the step.</param>
/// <param name="Skipped">The gradient was not finite and the weights were left as they were.</param>
public sealed record StepMetrics(
    int Step, double? Loss, double? Accuracy, double LearningRate, double? GradientNorm, int Tokens, int SupervisedTokens, TimeSpan Elapsed,
    bool Skipped = false)
{
    /// <summary>The part of <see cref="Elapsed"/> after the gradient was there: its norm, clipping and the optimiser's update.</summary>
    public TimeSpan Updating { get; init; }

    /// <summary>The method's own figures, such as <c>reward_margin</c>, in a fixed order; empty for those that have none.</summary>
    public IReadOnlyDictionary<string, double> Figures { get; init; } = new Dictionary<string, double>();
}
