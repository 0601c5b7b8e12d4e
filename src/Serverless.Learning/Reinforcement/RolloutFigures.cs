namespace Serverless.Learning.Reinforcement;

/// <summary>What a rollout says about the policy before the step that learns from it.</summary>
internal static class RolloutFigures
{
    /// <summary>Mean reward and its parts, answer length, share cut off, share of groups without variance, and how far the sampler is from the training forward.</summary>
    public static void Report(RolloutSet set, Action<string, double, double> add)
    {
        var groups = set.FirstGroups();
        var answers = groups.SelectMany(group => group).ToList();
        add("reward", answers.Sum(answer => answer.Reward), answers.Count);
        foreach (var name in answers.SelectMany(answer => answer.Rewards.Keys).Distinct())
            add($"reward_{name}", answers.Sum(answer => answer.Rewards.GetValueOrDefault(name)), answers.Count);
        add("groups_without_variance", groups.Count(group => !Advantages.Vary([.. group.Select(answer => answer.Reward)])), groups.Count);
        add("answer_tokens", answers.Sum(answer => answer.Ids.Length), answers.Count);
        add("answers_cut_off", answers.Count(answer => answer.CutOff), answers.Count);
        add("answers_not_graded", answers.Count(answer => answer.Fault is not null), answers.Count);
        foreach (var answer in answers)
        {
            if (answer.LogProbabilities.Length != answer.SampledLogProbabilities.Length) continue;
            add("sampler_difference", answer.LogProbabilities.Zip(answer.SampledLogProbabilities, (one, other) => Math.Abs((double)one - other)).Sum(), answer.Ids.Length);
        }
    }
}
