namespace Serverless.Service.Jobs;

/// <summary>What the tuned model must be better at than the base, and by how much, to be published.</summary>
/// <param name="Metric">loss, perplexity, token_accuracy, exact_match, of preferences reward_accuracy or reward_margin, or a grader's name, the rewarding one's among them.</param>
/// <param name="MinimumGain">The least improvement, 0 for any at all: a fall of loss and perplexity, a rise of every other; of reward accuracy from 0.5, of the margin from 0.</param>
public sealed record PublishCondition(string Metric, double MinimumGain)
{
    /// <summary>The metrics that are no grader's; a grader cannot take their names. Which of them a job has, its validation file says.</summary>
    public static IReadOnlyList<string> Measured { get; } = ["loss", "perplexity", "token_accuracy", "exact_match", "reward_accuracy", "reward_margin"];
}
