namespace Serverless.Service.Jobs;

/// <summary>The hyper-parameters a job's owner asked for; null means <c>auto</c>.</summary>
public sealed record Hyperparameters
{
    /// <summary>Passes over the training file.</summary>
    public int? Epochs { get; init; }

    /// <summary>Examples per optimiser step.</summary>
    public int? BatchSize { get; init; }

    /// <summary>A factor on the rate that <c>auto</c> would choose.</summary>
    public double? LearningRateMultiplier { get; init; }

    /// <summary>The peak rate itself; excludes the multiplier.</summary>
    public double? LearningRate { get; init; }

    /// <summary>Decoupled weight decay of matrices, 0 to 1.</summary>
    public double? WeightDecay { get; init; }

    /// <summary>The longest training sequence, in tokens.</summary>
    public int? MaxSequenceLength { get; init; }

    /// <summary>Supervised training and pretraining only: whether the tokens of an example beyond <see cref="MaxSequenceLength"/> are cut off instead of being a fault.</summary>
    public bool TruncatesEnd { get; init; }

    /// <summary>Whether each layer is computed again in the backward pass, which takes longer and needs less memory.</summary>
    public bool GradientCheckpointing { get; init; }

    /// <summary>Ends training after so many epochs without a lower validation loss, and publishes the best one; null for all epochs and the last.</summary>
    public int? EarlyStoppingPatience { get; init; }

    /// <summary>Which checkpoint becomes the model; null: with early stopping the best, otherwise the last.</summary>
    public PublishedCheckpoint? Publish { get; init; }

    /// <summary>Preferences only: how strongly they may move the policy away from its reference.</summary>
    public double? Beta { get; init; }
}
