using Serverless.Learning.Sampling;

namespace Serverless.Api.Wire;

/// <summary>The log-probabilities of an answer's tokens, or of a piece's.</summary>
internal sealed record ChatLogprobsObject(IReadOnlyList<TokenLogprobObject> Content)
{
    public object? Refusal { get; }

    /// <summary>Null where none are wanted.</summary>
    public static ChatLogprobsObject? Of(bool wanted, IEnumerable<TokenScores> scores) =>
        wanted ? new ChatLogprobsObject([.. scores.Select(score => new TokenLogprobObject(score))]) : null;
}
