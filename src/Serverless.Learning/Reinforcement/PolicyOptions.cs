namespace Serverless.Learning.Reinforcement;

/// <summary>The resolved hyper-parameters of group-relative policy optimisation.</summary>
public sealed record PolicyOptions
{
    public LossType LossType { get; init; }

    /// <summary>G, the answers drawn to each prompt.</summary>
    public int GroupSize { get; init; } = 8;

    /// <summary>The temperature that answers are drawn at, and log-probabilities are taken at.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>L_max, the most tokens of an answer.</summary>
    public required int MaxAnswerTokens { get; init; }

    /// <summary>How far the ratio of new to old probability counts below 1.</summary>
    public double EpsilonLow { get; init; } = 0.2;

    /// <summary>How far it counts above 1; DAPO's authors use 0.28.</summary>
    public double EpsilonHigh { get; init; } = 0.2;

    /// <summary>The weight of the divergence from the reference policy, the model that the job starts from unless that is reset; 0 for none.</summary>
    public double Beta { get; init; }

    /// <summary>
    /// After how many steps, again and again, the policy becomes its own reference for the answers drawn from then on (DeepSeek-R1-Zero: 400, arXiv 2501.12948);
    /// 0 for never.
    /// </summary>
    public int ReferenceResetSteps { get; init; }

    /// <summary>Optimiser steps for each set of answers; with one, the ratio is 1 and nothing is clipped.</summary>
    public int UpdatesPerRollout { get; init; } = 1;

    /// <summary>
    /// The factor of negative advantages. Below 1, answers worse than their group push less than better ones pull (Zhu et al., arXiv 2506.01347,
    /// weigh the two signs apart); with 0 only better ones are learned from (RAFT, as in Xiong et al., arXiv 2504.11343, with the group's advantages).
    /// </summary>
    public double NegativeWeight { get; init; } = 1;

    /// <summary>How often at most a group whose rewards, length penalties left aside, are all equal is sampled again (DAPO's dynamic sampling); 0 for never.</summary>
    public int Resamples { get; init; }

    /// <summary>Leaves answers that were cut off at <see cref="MaxAnswerTokens"/> out of the loss (DAPO's overlong filtering).</summary>
    public bool FilterOverlong { get; init; }

    /// <summary>C of <see cref="LengthPenalty"/>: over how many tokens before the limit the penalty grows; 0 for none.</summary>
    public int PenaltyTokens { get; init; }

    /// <summary>How many steps apart the validation prompts are answered, from before the first step on; 0 for never.</summary>
    public int EvaluationInterval { get; init; }

    /// <summary>Answers drawn to each of them.</summary>
    public int EvaluationSamples { get; init; } = 1;

    /// <summary>What is wrong with these options, each as name, found and allowed.</summary>
    public IEnumerable<(string Name, object Found, string Allowed)> Faults()
    {
        if (GroupSize is < 2 or > 256) yield return ("group_size", GroupSize, "2 to 256");
        if (Temperature is not (> 0 and <= 2)) yield return ("temperature", Temperature, "above 0, at most 2");
        if (MaxAnswerTokens < 1) yield return ("max_completion_tokens", MaxAnswerTokens, "1 or more");
        if (EpsilonLow is not (> 0 and < 1)) yield return ("epsilon_low", EpsilonLow, "above 0, below 1");
        if (EpsilonHigh is not (> 0 and <= 10)) yield return ("epsilon_high", EpsilonHigh, "above 0, at most 10");
        if (Beta is not (>= 0 and <= 10)) yield return ("beta", Beta, "0 to 10");
        if (ReferenceResetSteps < 0) yield return ("reference_reset_steps", ReferenceResetSteps, "0 or more");
        if (ReferenceResetSteps > 0 && Beta == 0) yield return ("reference_reset_steps", ReferenceResetSteps, "a value with beta above 0; without a divergence there is no reference");
        if (UpdatesPerRollout is < 1 or > 16) yield return ("updates_per_rollout", UpdatesPerRollout, "1 to 16");
        if (NegativeWeight is not (>= 0 and <= 1)) yield return ("negative_weight", NegativeWeight, "0 to 1");
        if (Resamples is < 0 or > 16) yield return ("resamples", Resamples, "0 to 16");
        if (EvaluationInterval < 0) yield return ("eval_interval", EvaluationInterval, "0 or more");
        if (EvaluationSamples is < 1 or > 16) yield return ("eval_samples", EvaluationSamples, "1 to 16");
        if (PenaltyTokens < 0 || PenaltyTokens > MaxAnswerTokens) yield return ("penalty_tokens", PenaltyTokens, $"0 to {MaxAnswerTokens}");
    }
}
