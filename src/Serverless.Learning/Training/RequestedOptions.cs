using Serverless.Learning.Adapters;

namespace Serverless.Learning.Training;

/// <summary>Hyper-parameters as a caller may state them; null stands for <c>auto</c>.</summary>
public sealed record RequestedOptions
{
    public AdapterOptions? Adapter { get; init; }

    public int? Epochs { get; init; }

    public int? BatchSize { get; init; }

    /// <summary>The peak learning rate itself; when set, <see cref="LearningRateMultiplier"/> means nothing.</summary>
    public double? LearningRate { get; init; }

    /// <summary>A factor on the resolved learning rate, above 0.</summary>
    public double? LearningRateMultiplier { get; init; }

    /// <summary>The longest example, in tokens; never more than the model's context.</summary>
    public int? MaxSequenceLength { get; init; }
}
