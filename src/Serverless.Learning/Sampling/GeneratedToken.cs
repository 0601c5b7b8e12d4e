namespace Serverless.Learning.Sampling;

/// <summary>A piece of an answer: what one more token made certain.</summary>
/// <param name="Id">The token drawn, also if it ends the answer; -1 if the answer ended without one.</param>
/// <param name="Text">Text that became certain with this token; empty while a character or a possible stop text is unfinished.</param>
/// <param name="Finish">Set in the last piece only.</param>
public sealed record GeneratedToken(int Id, string Text, FinishReason? Finish)
{
    /// <summary>Logarithm of the probability with which the token was drawn: after temperature, cuts, penalties, bias and grammar.</summary>
    public float LogProbability { get; init; }

    /// <summary>The token's scores where they are asked for; null on the token that ends the answer.</summary>
    public TokenScores? Scores { get; init; }
}
