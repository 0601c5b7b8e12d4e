using Serverless.Learning.Training;

namespace Serverless.Learning.Reinforcement;

/// <summary>What the training forward says about the tokens of some answers, as sums over them.</summary>
/// <param name="Divergence">D_KL from the reference policy; 0 without one.</param>
/// <param name="Difference">|log pi - log p| to the sampler.</param>
/// <param name="Entropy">In nats.</param>
/// <param name="Clipped">Tokens whose clipped ratio counted.</param>
/// <param name="Tokens">How many they are.</param>
internal readonly record struct AnswerFigures(double Divergence, double Difference, double Entropy, int Clipped, int Tokens)
{
    public static AnswerFigures operator +(AnswerFigures one, AnswerFigures other) => new(
        one.Divergence + other.Divergence, one.Difference + other.Difference, one.Entropy + other.Entropy, one.Clipped + other.Clipped, one.Tokens + other.Tokens);

    /// <summary>Adds to the means of a step.</summary>
    /// <param name="diverges">Whether there is a reference.</param>
    /// <param name="compares">Whether the difference to the sampler is measured here.</param>
    /// <param name="weight">How many tokens each of these stands for.</param>
    public void AddTo(StepReport report, bool diverges, bool compares, double weight = 1)
    {
        if (compares) report.Add("sampler_difference", weight * Difference, weight * Tokens);
        if (diverges) report.Add("kl", weight * Divergence, weight * Tokens);
        report.Add("entropy", weight * Entropy, weight * Tokens);
        report.Add("clip_share", weight * Clipped, weight * Tokens);
    }
}
