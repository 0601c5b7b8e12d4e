using Serverless.Learning.Sampling;

namespace Serverless.Service.Inference;

/// <summary>What an answer of a <see cref="GenerationPlan"/> grew by.</summary>
/// <param name="Answer">Which of the plan's answers, from 0; their pieces come interleaved.</param>
/// <param name="Token">The token; the last piece of an answer says why it ended.</param>
/// <param name="PromptTokens">The length of the answer's prompt.</param>
public sealed record GenerationPiece(int Answer, GeneratedToken Token, int PromptTokens)
{
    /// <summary>How many of the prompt's tokens had been read before, for another prompt that began alike.</summary>
    public int CachedTokens { get; init; }

    /// <summary>The scores of the prompt's tokens, in an answer's first piece where the plan asks for them.</summary>
    public IReadOnlyList<TokenScores>? PromptScores { get; init; }
}
