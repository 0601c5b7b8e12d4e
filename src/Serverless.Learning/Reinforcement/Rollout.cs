using System.Text.Json.Serialization;
using Serverless.Learning.Data;

namespace Serverless.Learning.Reinforcement;

/// <summary>One answer that the policy drew, with what it was worth: a line of <c>rollouts.jsonl</c>.</summary>
public sealed record Rollout
{
    /// <summary>Which rollout of the run it belongs to, from 0.</summary>
    public int Number { get; init; }

    /// <summary>0, or in which round its group was sampled again.</summary>
    public int Round { get; init; }

    /// <summary>The prompt, as an index into the training file's examples.</summary>
    public required int Prompt { get; init; }

    /// <summary>The prompt's line in its file.</summary>
    public required int Line { get; init; }

    /// <summary>Which draw to this prompt in this step it is; those of later rounds go on counting.</summary>
    public required int Choice { get; init; }

    /// <summary>The answer as graders and people read it.</summary>
    public required string Text { get; init; }

    /// <summary>The tokens drawn, the one that ended the answer included.</summary>
    public required int[] Ids { get; init; }

    /// <summary>Whether the answer reached the length limit before its end.</summary>
    public required bool CutOff { get; init; }

    /// <summary>The reward, any length penalty included.</summary>
    public required double Reward { get; init; }

    /// <summary>The reward without the length penalty, as the grader gave it; null where there is no penalty, and both are the same.</summary>
    public double? GraderReward { get; init; }

    /// <summary>What it consists of: the grader, the parts of one that has parts, and the length penalty where there is one.</summary>
    public required IReadOnlyDictionary<string, double> Rewards { get; init; }

    /// <summary>log p of each token as the sampler drew it.</summary>
    public required float[] SampledLogProbabilities { get; init; }

    /// <summary>
    /// log p of each token by the training forward, at the sampling temperature, before the first of several updates; empty where there is only one.
    /// </summary>
    public float[] LogProbabilities { get; init; } = [];

    /// <summary>log p of each token under the reference policy; null without one.</summary>
    public float[]? ReferenceLogProbabilities { get; init; }

    /// <summary>What kept the grader from grading it, or null.</summary>
    public string? Fault { get; init; }

    /// <summary>Whether the grader's time ended before it did; not kept.</summary>
    [JsonIgnore]
    public bool TimedOut { get; init; }

    /// <summary>With what it was worth, and the penalty of its length.</summary>
    internal Rollout Graded(Reward reward, PolicyOptions options)
    {
        var penalty = LengthPenalty.Of(Ids.Length, options.MaxAnswerTokens, options.PenaltyTokens);
        var parts = new Dictionary<string, double>(reward.Parts);
        if (options.PenaltyTokens > 0) parts["length_penalty"] = penalty;
        return this with { Reward = reward.Value + penalty, GraderReward = options.PenaltyTokens > 0 ? reward.Value : null, Rewards = parts, Fault = reward.Fault, TimedOut = reward.TimedOut };
    }

    /// <summary>Prompt and answer as one sequence whose targets are the answer's tokens.</summary>
    public TrainingSequence After(int[] prompt) =>
        new([.. prompt, .. Ids], [.. Enumerable.Repeat(false, prompt.Length), .. Enumerable.Repeat(true, Ids.Length)], Line);
}
