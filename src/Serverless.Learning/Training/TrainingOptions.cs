using Serverless.Learning.Adapters;
using Serverless.Learning.Reinforcement;

namespace Serverless.Learning.Training;

/// <summary>The resolved hyper-parameters of a fine-tuning run; nothing in it is <c>auto</c> any more. They are fixed when the job starts.</summary>
public sealed record TrainingOptions
{
    /// <summary>The weight decay that stays out of the way.</summary>
    internal const double SmallDecay = 0.01;

    /// <summary>Which weights train: all of them, or low-rank adapters.</summary>
    public required AdapterOptions Adapter { get; init; }

    /// <summary>Passes over the training file.</summary>
    public required int Epochs { get; init; }

    /// <summary>Examples per optimiser step.</summary>
    public required int BatchSize { get; init; }

    /// <summary>The peak of the schedule: linear warm-up, then a cosine to zero.</summary>
    public required double LearningRate { get; init; }

    /// <summary>The share of all steps that warm up.</summary>
    public double WarmupFraction { get; init; } = 0.05;

    /// <summary>Decoupled weight decay of matrices.</summary>
    public double WeightDecay { get; init; } = SmallDecay;

    /// <summary>The global L2 norm that gradients are clipped to.</summary>
    public double MaxGradientNorm { get; init; } = 1.0;

    /// <summary>The longest example, in tokens.</summary>
    public required int MaxSequenceLength { get; init; }

    /// <summary>
    /// Whether each layer is computed again in the backward pass, in place of keeping what it made: a third more work in a fraction of the memory,
    /// with the same bits.
    /// </summary>
    public bool GradientCheckpointing { get; init; }

    /// <summary>How strongly preferences may move the policy away from its reference; null for other methods.</summary>
    public double? Beta { get; init; }

    /// <summary>How a policy is optimised; null for other methods.</summary>
    public PolicyOptions? Policy { get; init; }

    /// <summary>Keys the order of the data, dropout and the adapters' first values.</summary>
    public required long Seed { get; init; }

    /// <summary>The dtype of matrix products, chosen by rule from the processor and kept for the whole job.</summary>
    public ComputePrecision Precision { get; init; } = ComputePrecision.Float32;

    /// <summary>Whether examples that begin alike share tokens: dropout draws a mask for each example's own.</summary>
    internal bool SharesTokens => Adapter.Dropout == 0;

    /// <exception cref="InputError">A value is out of its range; all faults are listed in one message.</exception>
    public void Validate()
    {
        var faults = new List<string>();
        Check(Epochs is >= 1 and <= 50, "n_epochs", Epochs, "1 to 50");
        Check(BatchSize is >= 1 and <= 256, "batch_size", BatchSize, "1 to 256");
        Check(LearningRate is > 0 and <= 1, "learning_rate", LearningRate, "above 0, at most 1");
        Check(WarmupFraction is >= 0 and < 1, "warmup_fraction", WarmupFraction, "0 to below 1");
        Check(WeightDecay is >= 0 and <= 1, "weight_decay", WeightDecay, "0 to 1");
        Check(MaxGradientNorm > 0, "max_gradient_norm", MaxGradientNorm, "above 0");
        Check(MaxSequenceLength >= 2, "max_sequence_length", MaxSequenceLength, "2 or more");
        foreach (var (name, found, allowed) in Policy?.Faults() ?? []) Check(false, name, found, allowed);
        // Answers are judged by the policy that drew them, which drops nothing.
        if (Policy is not null) Check(Adapter.Dropout == 0, "adapter.dropout", Adapter.Dropout, "0 with method reinforcement");
        if (Beta is { } beta) Check(beta is > 0 and <= 2, "beta", beta, "above 0, at most 2");
        if (Adapter.IsLowRank)
        {
            Check(Adapter.Rank is >= 1 and <= 1024, "adapter.rank", Adapter.Rank, "1 to 1024");
            Check(Adapter.Alpha > 0, "adapter.alpha", Adapter.Alpha, "above 0");
            Check(Adapter.Dropout is >= 0 and < 1, "adapter.dropout", Adapter.Dropout, "0 to below 1");
        }
        if (faults.Count > 0) throw new InputError(string.Join("\n", faults), "method");

        void Check(bool holds, string name, object found, string allowed)
        {
            if (!holds) faults.Add($"{name}: found {found}; allowed: {allowed}");
        }
    }
}
