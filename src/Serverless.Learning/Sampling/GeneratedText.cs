namespace Serverless.Learning.Sampling;

/// <summary>A finished answer.</summary>
/// <param name="Text">The answer without the token or text that ended it.</param>
/// <param name="Ids">The tokens drawn, the ending token left out.</param>
/// <param name="Finish">Why it ended.</param>
public sealed record GeneratedText(string Text, IReadOnlyList<int> Ids, FinishReason Finish)
{
    /// <summary>The token that ended the answer, such as the end-of-turn token; null if it ended otherwise.</summary>
    public int? EndId { get; init; }

    /// <summary>
    /// For each of <see cref="Ids"/>, and then for <see cref="EndId"/> if there is one, the logarithm of the probability with which it was drawn: after
    /// temperature, cuts, penalties, bias and grammar. At temperature 1 without any of the others it is the model's own.
    /// </summary>
    public IReadOnlyList<float> LogProbabilities { get; init; } = [];
}
