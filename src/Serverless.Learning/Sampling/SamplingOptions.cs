using System.Collections.Immutable;

namespace Serverless.Learning.Sampling;

/// <summary>How answers are drawn.</summary>
public sealed record SamplingOptions
{
    /// <summary>The most tokens of an answer.</summary>
    public required int MaxTokens { get; init; }

    /// <summary>Divides the logits; 0 takes the most likely token.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Draws from the smallest set of tokens whose probabilities sum to at least this (Holtzman et al., arXiv 1904.09751).</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Draws from this many most likely tokens; 0 for all.</summary>
    public int TopK { get; init; }

    /// <summary>Keys the draws: the same seed, prompt and weights give the same answer, whatever else is in the batch.</summary>
    public long Seed { get; init; }

    /// <summary>Which of several answers with one seed this is; the i-th prompt of a batch draws as number <c>Choice + i</c>.</summary>
    public int Choice { get; init; }

    /// <summary>Texts that end the answer and are not part of it; they may lie across token borders.</summary>
    public ImmutableArray<string> Stop { get; init; } = [];

    /// <summary>The most likely token each time.</summary>
    public static SamplingOptions Greedy(int maxTokens) => new() { MaxTokens = maxTokens, Temperature = 0 };
}
