using Serverless.Learning.Adapters;
using Serverless.Learning.Reinforcement;

namespace Serverless.Learning.Training;

/// <summary>Hyper-parameters as a caller may state them; null stands for <c>auto</c>.</summary>
public sealed record RequestedOptions
{
    /// <summary>What the run learns by; the other fields' <c>auto</c> depends on it.</summary>
    public TrainingMethod Method { get; init; }

    public AdapterOptions? Adapter { get; init; }

    public int? Epochs { get; init; }

    public int? BatchSize { get; init; }

    /// <summary>The peak learning rate itself; when set, <see cref="LearningRateMultiplier"/> means nothing.</summary>
    public double? LearningRate { get; init; }

    /// <summary>A factor on the resolved learning rate, above 0.</summary>
    public double? LearningRateMultiplier { get; init; }

    /// <summary>Decoupled weight decay of matrices, 0 to 1.</summary>
    public double? WeightDecay { get; init; }

    /// <summary>The longest example, in tokens; never more than the model's context.</summary>
    public int? MaxSequenceLength { get; init; }

    /// <summary>Whether each layer is computed again in the backward pass, in place of keeping what it made.</summary>
    public bool GradientCheckpointing { get; init; }

    /// <summary>Preferences only: how strongly they may move the policy away from its reference, above 0 and at most 2.</summary>
    public double? Beta { get; init; }

    /// <summary>Reinforcement only: how the policy is optimised, resolved.</summary>
    public PolicyOptions? Policy { get; init; }
}
