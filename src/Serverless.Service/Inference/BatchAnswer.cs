using Serverless.Learning.Sampling;
using Serverless.Learning.Text.ToolCalls;

namespace Serverless.Service.Inference;

/// <summary>One answer of a batch.</summary>
/// <param name="Finish">Why it ended; null if there is none.</param>
/// <param name="CompletionTokens">How many tokens were drawn, the one that ends the answer included.</param>
/// <param name="Failure">Why there is no answer, for people to read; null if there is one.</param>
public sealed record BatchAnswer(string Text, FinishReason? Finish, int PromptTokens, int CompletionTokens, string? Failure = null)
{
    /// <summary>How many of the prompt's tokens had been read before, for another prompt that began alike.</summary>
    public int CachedTokens { get; init; }

    /// <summary>The calls in <see cref="Text"/> of the tools that were offered; null without any.</summary>
    public IReadOnlyList<ToolCall>? Calls { get; init; }

    /// <summary><see cref="Text"/> without its calls; all of it where there are none.</summary>
    public string Content => WithoutCalls ?? Text;

    internal string? WithoutCalls { get; init; }
}
