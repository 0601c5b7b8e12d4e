using Serverless.Learning.Training;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>A step that was taken.</summary>
/// <param name="Metrics">What it measured.</param>
/// <param name="At">When it ended.</param>
/// <param name="Validation">How the model did on validation examples after it, at the end of an epoch; otherwise null.</param>
public sealed record TrainedStep(StepMetrics Metrics, DateTimeOffset At, ValidationScores? Validation = null)
{
    /// <summary>Whether it has figures of the validation file: of the model after the step or, of a policy, as all figures of rollouts are, before it.</summary>
    public bool Looked => Validation is not null || Metrics.Figures.ContainsKey("valid_reward");

    /// <summary>What the model answered to read along, at the steps that show it.</summary>
    public IReadOnlyList<SampleAnswer> Samples { get; init; } = [];
}
