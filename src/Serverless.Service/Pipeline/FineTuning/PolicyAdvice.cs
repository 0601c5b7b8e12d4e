using System.Globalization;
using Serverless.Learning.Reinforcement;
using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>What a job's owner is told when a policy learns little, and what to change.</summary>
internal static class PolicyAdvice
{
    private const double Most = 0.5;
    private const double Many = 0.25;

    public static IEnumerable<JobEvent> Of(TrainedStep taken, PolicyOptions options)
    {
        var figures = taken.Metrics.Figures;
        if (figures.GetValueOrDefault("groups_without_variance") is > Most and var flat)
            yield return Warning(taken, $"{Share(flat)} of the groups have no variance: all answers to a prompt got the same reward, and nothing "
                + $"{(options.PenaltyTokens > 0 ? "but their length " : "")}is learned from them. Take prompts that the model answers right only sometimes, a grader that gives part of the reward, a larger group_size "
                + $"(now {options.GroupSize}), or a higher temperature");
        if (figures.GetValueOrDefault("answers_cut_off") is > Many and var cut)
            yield return Warning(taken, $"{Share(cut)} of the answers were cut off at max_completion_tokens, {options.MaxAnswerTokens}. Raise it, or set "
                + "length_penalty_tokens, so that the model learns to come to an end");
        if (figures.GetValueOrDefault("answers_not_graded") is > 0 and var failed)
            yield return Warning(taken, $"{Share(failed)} of the answers could not be graded and got no reward; rollouts.jsonl says why, in its field fault");
    }

    private static string Share(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.#} %");

    private static JobEvent Warning(TrainedStep taken, string message) => new()
    {
        CreatedAt = taken.At,
        Level = EventLevel.Warn,
        Message = $"Step {taken.Metrics.Step}: {message}",
    };
}
