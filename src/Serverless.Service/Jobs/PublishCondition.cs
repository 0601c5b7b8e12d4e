namespace Serverless.Service.Jobs;

/// <summary>What the tuned model must be better at than the base, and by how much, to be published.</summary>
/// <param name="Metric">loss, perplexity, token_accuracy, exact_match, or a grader's name, the rewarding one's among them.</param>
/// <param name="MinimumGain">The least improvement: a fall of loss and perplexity, a rise of every other.</param>
public sealed record PublishCondition(string Metric, double MinimumGain)
{
    /// <summary>The metrics that every evaluation has; a grader cannot take their names.</summary>
    public static IReadOnlyList<string> Always { get; } = ["loss", "perplexity", "token_accuracy", "exact_match"];
}
