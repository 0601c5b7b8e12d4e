namespace Serverless.Learning.Reinforcement;

/// <summary>What a rollout says about the policy before the step that learns from it.</summary>
internal static class RolloutFigures
{
    /// <summary>
    /// Mean reward and its parts, answer length, share cut off, share of groups without variance, and how far the sampler is from the training forward: of the
    /// answers first drawn. Where groups are sampled again, also what is left of two of them in the groups that are learned from, as <c>final_…</c>.
    /// </summary>
    /// <param name="compares">Whether answers were drawn from what is trained, with nothing forbidden.</param>
    public static void Report(RolloutSet set, bool compares, Action<string, double, double> add)
    {
        var groups = set.FirstGroups();
        var answers = groups.SelectMany(group => group).ToList();
        Rewards(answers, "", add);
        add("groups_without_variance", groups.Count(group => !Advantages.Vary(group)), groups.Count);
        Lengths(answers, "", add);
        if (set.IsSampledAgain)
        {
            var final = set.Groups();
            add("final_groups_without_variance", final.Count(group => !Advantages.Vary(group)), final.Count);
            add("final_answers_cut_off", final.Sum(group => group.Count(answer => answer.CutOff)), final.Sum(group => group.Count));
        }
        if (!compares) return;
        foreach (var answer in answers)
        {
            if (answer.LogProbabilities.Length != answer.SampledLogProbabilities.Length) continue;
            add("sampler_difference", answer.LogProbabilities.Zip(answer.SampledLogProbabilities, (one, other) => Math.Abs((double)one - other)).Sum(), answer.Ids.Length);
        }
    }

    /// <summary>The same of answers to validation prompts, each name with <c>valid_</c> before it.</summary>
    public static void Report(EvaluationSet set, Action<string, double, double> add)
    {
        var answers = set.Answers;
        Rewards(answers, "valid_", add);
        Lengths(answers, "valid_", add);
    }

    private static void Rewards(IReadOnlyList<Rollout> answers, string prefix, Action<string, double, double> add)
    {
        add($"{prefix}reward", answers.Sum(answer => answer.Reward), answers.Count);
        foreach (var name in answers.SelectMany(answer => answer.Rewards.Keys).Distinct())
            add($"{prefix}reward_{name}", answers.Sum(answer => answer.Rewards.GetValueOrDefault(name)), answers.Count);
    }

    private static void Lengths(IReadOnlyList<Rollout> answers, string prefix, Action<string, double, double> add)
    {
        add($"{prefix}answer_tokens", answers.Sum(answer => answer.Ids.Length), answers.Count);
        add($"{prefix}answers_cut_off", answers.Count(answer => answer.CutOff), answers.Count);
        add($"{prefix}answers_not_graded", answers.Count(answer => answer.Fault is not null), answers.Count);
    }
}
