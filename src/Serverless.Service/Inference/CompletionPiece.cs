using Serverless.Learning.Sampling;

namespace Serverless.Service.Inference;

/// <summary>What a completion grew by.</summary>
/// <param name="Choice">Which of all answers: those to the first prompt, then those to the second, and so on; their pieces come interleaved.</param>
/// <param name="Text">Text that is certain now; in the first piece of an echoed answer, the prompt stands before it.</param>
/// <param name="PromptTokens">The length of the answer's prompt.</param>
/// <param name="Tokens">How many tokens were drawn for it, the one that ends the answer included.</param>
/// <param name="Scores">The scores of the tokens in the text, where they were asked for; empty otherwise.</param>
/// <param name="Finish">Why the answer ended, in its last piece only.</param>
public sealed record CompletionPiece(int Choice, string Text, int PromptTokens, int Tokens, IReadOnlyList<TokenScores> Scores, FinishReason? Finish)
{
    /// <summary>How many of the prompt's tokens had been read before, for another prompt that began alike.</summary>
    public int CachedTokens { get; init; }
}
