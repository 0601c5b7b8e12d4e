using Serverless.Learning.Sampling;
using Serverless.Learning.Text.ToolCalls;

namespace Serverless.Service.Inference;

/// <summary>What an answer grew by.</summary>
/// <param name="Choice">Which of the answers, from 0; their pieces come interleaved.</param>
/// <param name="Parts">What is certain now; may be empty.</param>
/// <param name="PromptTokens">The length of the prompt, the same in every piece.</param>
/// <param name="Tokens">How many tokens were drawn for it, the one that ends the answer included.</param>
/// <param name="Finish">Why the answer ended, in its last piece only.</param>
public sealed record ChatPiece(int Choice, IReadOnlyList<AnswerPart> Parts, int PromptTokens, int Tokens, FinishReason? Finish)
{
    /// <summary>How many of the prompt's tokens had been read before, for another prompt that began alike.</summary>
    public int CachedTokens { get; init; }

    /// <summary>How many of the tokens were thinking.</summary>
    public int ReasoningTokens { get; init; }

    /// <summary>Whether the answer has called a tool by now.</summary>
    public bool HasCalls { get; init; }

    /// <summary>The token's scores, where they were asked for.</summary>
    public TokenScores? Scores { get; init; }
}
