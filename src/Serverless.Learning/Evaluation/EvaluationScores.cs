namespace Serverless.Learning.Evaluation;

/// <summary>Sums over supervised tokens, from which the scores follow; parts of a data set add up.</summary>
/// <param name="LossSum">Summed cross-entropy in nats.</param>
/// <param name="Correct">Tokens whose most likely prediction was right.</param>
/// <param name="Tokens">Supervised tokens.</param>
public sealed record EvaluationScores(double LossSum, long Correct, long Tokens)
{
    public static EvaluationScores None { get; } = new(0, 0, 0);

    /// <summary>Nats per supervised token.</summary>
    public double Loss => LossSum / Math.Max(1, Tokens);

    /// <summary>exp(loss).</summary>
    public double Perplexity => Math.Exp(Loss);

    /// <summary>0 to 1.</summary>
    public double TokenAccuracy => Correct / (double)Math.Max(1, Tokens);

    public static EvaluationScores operator +(EvaluationScores left, EvaluationScores right) =>
        new(left.LossSum + right.LossSum, left.Correct + right.Correct, left.Tokens + right.Tokens);
}
