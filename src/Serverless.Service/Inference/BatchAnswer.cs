using Serverless.Learning.Sampling;

namespace Serverless.Service.Inference;

/// <summary>One answer of a batch.</summary>
/// <param name="Finish">Why it ended; null if there is none.</param>
/// <param name="CompletionTokens">How many tokens were drawn, the one that ends the answer included.</param>
/// <param name="Failure">Why there is no answer, for people to read; null if there is one.</param>
public sealed record BatchAnswer(string Text, FinishReason? Finish, int PromptTokens, int CompletionTokens, string? Failure = null)
{
    /// <summary>How many of the prompt's tokens had been read before, for another prompt that began alike.</summary>
    public int CachedTokens { get; init; }
}
