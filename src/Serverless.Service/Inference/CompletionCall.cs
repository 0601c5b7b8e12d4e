using Serverless.Learning.Sampling;

namespace Serverless.Service.Inference;

/// <summary>Texts to be continued, and how.</summary>
public sealed record CompletionCall
{
    public required IReadOnlyList<CompletionPrompt> Prompts { get; init; }

    /// <summary>How the answers are drawn; <see cref="SamplingOptions.MaxTokens"/> beyond the model's context means up to its end.</summary>
    public required SamplingOptions Options { get; init; }

    /// <summary>How many answers to each prompt.</summary>
    public int Choices { get; init; } = 1;

    /// <summary>Whether the prompt stands at the beginning of its answers, with its scores where <see cref="SamplingOptions.TopScores"/> asks for some.</summary>
    public bool Echo { get; init; }

    /// <summary>After this long the answers end as if their tokens were used up.</summary>
    public TimeSpan Limit { get; init; } = Timeout.InfiniteTimeSpan;
}
