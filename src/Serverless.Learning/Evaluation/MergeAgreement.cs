namespace Serverless.Learning.Evaluation;

/// <summary>
/// How far the answers of a written model lie from those of the model as it was trained, at sampled positions: what merging, rounding
/// and, with QLoRA, going back to the original base weights changed.
/// </summary>
public sealed record MergeAgreement
{
    /// <summary>Positions compared.</summary>
    public required int Positions { get; init; }

    /// <summary>The largest difference of any two logits.</summary>
    public required double LargestLogitDifference { get; init; }

    /// <summary>The mean Kullback-Leibler divergence of the written from the trained model's distributions, in nats.</summary>
    public required double Divergence { get; init; }

    /// <summary>The share of positions, 0 to 1, whose likeliest token is the same.</summary>
    public required double SameToken { get; init; }
}
