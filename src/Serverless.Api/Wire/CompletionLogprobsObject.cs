using System.Text;
using Serverless.Api.Sampling;
using Serverless.Learning.Sampling;

namespace Serverless.Api.Wire;

/// <summary>The log-probabilities of a completion's tokens, or of a piece's, as parallel lists.</summary>
internal sealed record CompletionLogprobsObject
{
    private CompletionLogprobsObject()
    {
    }

    public required IReadOnlyList<string> Tokens { get; init; }

    /// <summary>Null for a prompt's first token, which nothing predicts.</summary>
    public required IReadOnlyList<double?> TokenLogprobs { get; init; }

    /// <summary>The likeliest tokens and the token itself.</summary>
    public required IReadOnlyList<IReadOnlyDictionary<string, double>?> TopLogprobs { get; init; }

    /// <summary>Where each token begins in the answer's text, in UTF-16 units.</summary>
    public required IReadOnlyList<int> TextOffset { get; init; }

    /// <param name="offset">Where the first token begins; moved to the end of the last one.</param>
    public static CompletionLogprobsObject Of(IReadOnlyList<TokenScores> scores, ref int offset)
    {
        var offsets = new List<int>();
        foreach (var score in scores)
        {
            offsets.Add(offset);
            offset += Encoding.UTF8.GetCharCount(score.Token.Bytes.Span);
        }

        return new CompletionLogprobsObject
        {
            Tokens = [.. scores.Select(score => TokenText.Marked(score.Token.Bytes.Span))],
            TokenLogprobs = [.. scores.Select(score => Finite(score.Token.LogProbability))],
            TopLogprobs = [.. scores.Select(Top)],
            TextOffset = offsets,
        };
    }

    private static Dictionary<string, double>? Top(TokenScores scores)
    {
        if (double.IsNaN(scores.Token.LogProbability))
            return null;
        var top = new Dictionary<string, double>();
        foreach (var score in scores.Top.Append(scores.Token))
            top.TryAdd(TokenText.Marked(score.Bytes.Span), Finite(score.LogProbability)!.Value);
        return top;
    }

    private static double? Finite(double logProbability) =>
        double.IsNaN(logProbability) ? null : Math.Max(TopLogprobObject.Impossible, logProbability);
}
