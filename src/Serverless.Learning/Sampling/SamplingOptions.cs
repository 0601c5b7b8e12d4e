using System.Collections.Immutable;
using Serverless.Learning.Sampling.Grammars;

namespace Serverless.Learning.Sampling;

/// <summary>How answers are drawn.</summary>
/// <remarks>
/// The logits of a token are taken in this order: penalties, bias, grammar, temperature, top-k, top-p, min-p; each of the last three looks at
/// what the one before it left.
/// </remarks>
public sealed record SamplingOptions
{
    /// <summary>The most tokens of an answer; 0 only reads the prompt.</summary>
    public required int MaxTokens { get; init; }

    /// <summary>Divides the logits; 0 takes the most likely token.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Draws from the smallest set of tokens whose probabilities sum to at least this (Holtzman et al., arXiv 1904.09751).</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Draws from this many most likely tokens; 0 for all.</summary>
    public int TopK { get; init; }

    /// <summary>Draws from tokens at least this times as likely as the most likely one; 0 for all (Nguyen et al., arXiv 2407.01082, equation 2).</summary>
    public double MinP { get; init; }

    /// <summary>Taken from a token's logit for each time the answer has it already.</summary>
    public double FrequencyPenalty { get; init; }

    /// <summary>Taken from a token's logit if the answer has it already.</summary>
    public double PresencePenalty { get; init; }

    /// <summary>Added to the logits of single tokens, by their ids.</summary>
    public ImmutableDictionary<int, double> LogitBias { get; init; } = ImmutableDictionary<int, double>.Empty;

    /// <summary>Keys the draws: the same seed, step, choice, prompt and weights give the same answer, whatever else is in the batch.</summary>
    public long Seed { get; init; }

    /// <summary>The optimiser step that an answer is drawn for, or whatever counts the repetitions of one seed.</summary>
    public int Step { get; init; }

    /// <summary>Which of several answers with one seed and step this is, from 0; a batch that is given one set of options draws its i-th answer as number <c>Choice + i</c>.</summary>
    public int Choice { get; init; }

    /// <summary>Texts that end the answer and are not part of it; they may lie across token borders.</summary>
    public ImmutableArray<string> Stop { get; init; } = [];

    /// <summary>What the answer, or its part after <see cref="GrammarAfter"/>, may be; null for any text.</summary>
    public Grammar? Grammar { get; init; }

    /// <summary>A text of the answer after which <see cref="Grammar"/> begins to hold, such as the end of the thinking; null from the beginning.</summary>
    public string? GrammarAfter { get; init; }

    /// <summary>How many alternatives are scored beside each token that is drawn, 0 for the token only; null scores nothing.</summary>
    public int? TopScores { get; init; }

    /// <summary>Special tokens that are written into the text instead of being left out, such as those that open a tool call.</summary>
    public ImmutableHashSet<int> WrittenTokens { get; init; } = [];

    /// <summary>Refuses biases of tokens that a model does not have.</summary>
    /// <param name="vocabulary">V, the model's tokens.</param>
    /// <exception cref="InputError">There are such; the first is named.</exception>
    internal void CheckBiases(int vocabulary)
    {
        foreach (var id in LogitBias.Keys.Where(id => id < 0 || id >= vocabulary).Order())
            throw new InputError(
                $"Invalid key in 'logit_bias': found the token {id}; allowed: 0 to {vocabulary - 1}, the model's vocabulary of {vocabulary} tokens.", "logit_bias", "invalid_value");
    }

    /// <summary>The most likely token each time.</summary>
    public static SamplingOptions Greedy(int maxTokens) => new() { MaxTokens = maxTokens, Temperature = 0 };
}
