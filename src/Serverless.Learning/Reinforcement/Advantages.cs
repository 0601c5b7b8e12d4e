namespace Serverless.Learning.Reinforcement;

/// <summary>How much better than its group each answer is.</summary>
public static class Advantages
{
    /// <summary>What keeps a small deviation from blowing advantages up.</summary>
    public const double Epsilon = 1e-4;

    /// <summary>
    /// (r_i - mean r) / (std r + 1e-4) with the population's deviation; without the division for <see cref="LossType.DrGrpo"/>. Zero for
    /// every answer of a group whose rewards are all equal, one answer alone included.
    /// </summary>
    public static double[] Of(IReadOnlyList<double> rewards, LossType type)
    {
        if (!Vary(rewards)) return new double[rewards.Count];
        var mean = rewards.Average();
        var scale = type == LossType.DrGrpo ? 1 : Math.Sqrt(rewards.Average(reward => (reward - mean) * (reward - mean))) + Epsilon;
        return [.. rewards.Select(reward => (reward - mean) / scale)];
    }

    /// <summary>
    /// Whether the grader tells the answers of a group apart. That they are of different lengths, and penalised for it, does not count: dynamic sampling
    /// looks for groups that are neither all right nor all wrong (arXiv 2503.14476, equation 11).
    /// </summary>
    public static bool Vary(IReadOnlyList<Rollout> group) => Vary([.. group.Select(answer => answer.GraderReward ?? answer.Reward)]);

    /// <summary>Whether rewards differ.</summary>
    public static bool Vary(IReadOnlyList<double> rewards) => rewards.Any(reward => reward != rewards[0]);
}
