using Serverless.Learning.Sampling;

namespace Serverless.Service.Inference;

/// <summary>What one request wants of a model.</summary>
/// <param name="Answers">The answers, numbered by their place. Those whose prompts are the same array share its reading.</param>
public sealed record GenerationPlan(IReadOnlyList<GenerationRequest> Answers)
{
    /// <summary>How many alternatives the tokens of the prompts are scored with; null does not score them.</summary>
    public int? PromptScores { get; init; }

    /// <summary>After this long the answers end as if their tokens were used up.</summary>
    public TimeSpan Limit { get; init; } = Timeout.InfiniteTimeSpan;
}
