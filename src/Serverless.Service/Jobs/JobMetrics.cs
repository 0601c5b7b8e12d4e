using System.Collections.Immutable;

namespace Serverless.Service.Jobs;

/// <summary>What one optimiser step measured.</summary>
public sealed record JobMetrics
{
    /// <summary>Counts from 1.</summary>
    public required int Step { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The method's loss; for supervised training the cross-entropy in nats, averaged over supervised tokens. Null if the step was skipped.</summary>
    public double? TrainLoss { get; init; }

    /// <summary>The share of supervised tokens that greedy decoding would have got right; null for methods that predict none, and if the step was skipped.</summary>
    public double? TrainAccuracy { get; init; }

    /// <summary>The same on the validation file, at the steps that measured it.</summary>
    public double? ValidLoss { get; init; }

    public double? ValidAccuracy { get; init; }

    public required double LearningRate { get; init; }

    /// <summary>The L2 norm of the whole gradient before clipping; null if the step was skipped.</summary>
    public double? GradientNorm { get; init; }

    /// <summary>Whether the gradient was not finite, so that the step was skipped.</summary>
    public bool Skipped { get; init; }

    /// <summary>Tokens that went through the model in this step, padding excluded.</summary>
    public required int Tokens { get; init; }

    /// <summary>Wall-clock time of the step.</summary>
    public required double Seconds { get; init; }

    /// <summary>The method's own figures by name, those of validation with <c>valid_</c> before it.</summary>
    public IReadOnlyDictionary<string, double> Figures { get; init; } = ImmutableDictionary<string, double>.Empty;
}
