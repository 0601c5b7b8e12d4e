namespace Serverless.Learning.Reinforcement;

/// <summary>What the tokens of one answer count in the step.</summary>
/// <param name="Rollout">The answer.</param>
/// <param name="Advantage">Its advantage within its group, weighed by its sign.</param>
/// <param name="Weight">The factor of each token's loss; 0 for an answer that is left out.</param>
internal sealed record TokenTerm(Rollout Rollout, double Advantage, double Weight)
{
    /// <summary>The terms of all answers that a step learns from, by the rules of <see cref="LossType"/>.</summary>
    public static IReadOnlyList<TokenTerm> Of(IReadOnlyList<IReadOnlyList<Rollout>> groups, PolicyOptions options)
    {
        var tokens = groups.Where(group => !IsLeftOut(group, options)).SelectMany(group => group).Where(rollout => !IsLeftOut(rollout, options)).Sum(rollout => rollout.Ids.Length);
        var answers = groups.Count * options.GroupSize;
        return [.. groups.SelectMany(group =>
        {
            var isOut = IsLeftOut(group, options);
            var advantages = Advantages.Of([.. group.Select(rollout => rollout.Reward)], options.LossType);
            return group.Select((rollout, index) => new TokenTerm(rollout, Signed(advantages[index], options), isOut || IsLeftOut(rollout, options) ? 0 : options.LossType switch
            {
                LossType.Grpo => 1.0 / (answers * (double)rollout.Ids.Length),
                LossType.Dapo => 1.0 / tokens,
                _ => 1.0 / (answers * (double)options.MaxAnswerTokens),
            }));
        })];
    }

    private static double Signed(double advantage, PolicyOptions options) => advantage < 0 ? advantage * options.NegativeWeight : advantage;

    /// <summary>
    /// DAPO draws until no group is without variance, and such a group is no part of its step. Here the drawing ends after so many rounds, and what is without
    /// variance then is left out.
    /// </summary>
    private static bool IsLeftOut(IReadOnlyList<Rollout> group, PolicyOptions options) =>
        options.LossType == LossType.Dapo && options.Resamples > 0 && !Advantages.Vary(group);

    private static bool IsLeftOut(Rollout rollout, PolicyOptions options) => options.FilterOverlong && rollout.CutOff;
}
