using System.Globalization;
using Serverless.Learning.Reinforcement;
using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>
/// What a job's owner is told when a policy learns little, and what to change. It looks now and then, at all steps since the look before. What holds on is
/// told once, and again when it has changed by much or, rarely, when it has held on for long. All of it follows from the steps in their order, so that whoever goes on
/// with a job feeds it those before and tells the same.
/// </summary>
/// <param name="before">The steps of a recipe's stages before.</param>
/// <param name="last">The number of the last step.</param>
/// <param name="every">After how many steps each time it looks, besides after the first and the last one.</param>
internal sealed class PolicyAdvice(PolicyOptions options, int before, int last, int every)
{
    /// <summary>From which share of groups on it is told that they do not vary.</summary>
    private const double Most = 0.5;

    /// <summary>From which share of answers on it is told that they are cut off.</summary>
    private const double Many = 0.1;

    /// <summary>By how much a share has to have changed to be told of again.</summary>
    private const double Much = 0.25;

    // Again after a hundred steps, then after ten times as many as there were.
    private const int SoonestAgain = 100, TimesLonger = 9;

    private readonly List<JobMetrics> _window = [];
    private readonly Dictionary<string, (double Share, int Step)> _told = [];

    /// <summary>Takes the next step.</summary>
    /// <returns>What there is to tell after it.</returns>
    public IReadOnlyList<JobEvent> Take(JobMetrics step)
    {
        _window.Add(step);
        if (step.Step != before + 1 && step.Step % every != 0 && step.Step != last)
            return [];
        var found = Findings().Where(finding => IsDue(finding.Name, finding.Share, step.Step)).ToList();
        foreach (var (name, share, _) in found)
            _told[name] = (share, step.Step);
        var steps = _window.Count == 1 ? $"Step {step.Step}" : $"Steps {_window[0].Step} to {step.Step}";
        _window.Clear();
        return [.. found.Select(finding => new JobEvent { CreatedAt = step.CreatedAt, Level = EventLevel.Warn, Message = $"{steps}: {finding.Message}" })];
    }

    private bool IsDue(string name, double share, int step) => !_told.TryGetValue(name, out var told)
        || Math.Abs(share - told.Share) >= Much
        || step - told.Step >= Math.Max(SoonestAgain, TimesLonger * (told.Step - before));

    private IEnumerable<(string Name, double Share, string Message)> Findings()
    {
        if ((Mean("final_groups_without_variance") ?? Mean("groups_without_variance")) is > Most and var flat)
            yield return ("flat", flat, $"{Share(flat)} of the groups have no variance{(options.Resamples > 0 ? $", though such are sampled again up to {Times(options.Resamples)}" : "")}: all answers to a "
                + $"prompt got the same reward, and {OfFlat}. Take prompts that the model answers right only sometimes, a grader that gives part of the reward, a larger group_size "
                + $"(now {options.GroupSize}), or a higher temperature");
        if ((Mean("final_answers_cut_off") ?? Mean("answers_cut_off")) is > Many and var cut)
            yield return ("cut", cut, $"{Share(cut)} of the answers were cut off at max_completion_tokens, {options.MaxAnswerTokens}, and {OfCut}. Raise it, or "
                + (options.PenaltyTokens > 0 ? $"length_penalty_tokens (now {options.PenaltyTokens})" : "set length_penalty_tokens")
                + $", so that the model learns to come to an end{(options.PenaltyTokens > 0 ? " sooner" : "")}");
        if (Mean("answers_not_graded") is > 0 and var failed)
            yield return ("ungraded", failed, $"{Share(failed)} of the answers could not be graded and got no reward; GET /v1/fine_tuning/jobs/{{id}}/rollouts says why, in the field fault of each");
    }

    /// <summary>What becomes of a group whose answers the grader does not tell apart.</summary>
    private string OfFlat => options switch
    {
        { LossType: LossType.Dapo, Resamples: > 0 } => "they are left out of the step",
        { PenaltyTokens: > 0 } => "nothing but their length is learned from them",
        _ => "nothing is learned from them",
    };

    /// <summary>What becomes of an answer that was cut off.</summary>
    private string OfCut => options switch
    {
        { FilterOverlong: true } => "they are left out of the loss: their rewards count in the means of their groups only",
        { LossType: LossType.Grpo } => "each counts as much as one that came to its end",
        _ => "each of their tokens counts as much as any other, so that they count more than shorter ones",
    };

    private double? Mean(string name) => _window
        .Select(step => step.Figures.TryGetValue(name, out var value) ? value : (double?)null)
        .Average();

    private static string Times(int count) => count == 1 ? "once" : $"{count} times";

    private static string Share(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.#} %");
}
