using Serverless.Learning.Text;

namespace Serverless.Learning.Sampling;

/// <summary>A token of a text and its likeliest alternatives.</summary>
/// <param name="Token">The token that stands in the text; in a prompt's first place, which nothing predicts, its log-probability is NaN.</param>
/// <param name="Top">The likeliest tokens of that place, most likely first, equal ones by id; the token itself may be among them.</param>
public sealed record TokenScores(TokenScore Token, IReadOnlyList<TokenScore> Top)
{
    /// <param name="logits">V values of the place.</param>
    internal static TokenScores Of(ReadOnlySpan<float> logits, int id, int top, Tokenizer tokenizer)
    {
        var highest = float.NegativeInfinity;
        foreach (var logit in logits) highest = Math.Max(highest, logit);
        var sum = 0.0;
        foreach (var logit in logits) sum += Math.Exp(logit - highest);
        var logSum = highest + Math.Log(sum);

        var best = new List<int>(top + 1);
        for (var candidate = 0; candidate < logits.Length && top > 0; candidate++)
        {
            if (best.Count == top && logits[candidate] <= logits[best[^1]]) continue;
            var at = best.Count;
            while (at > 0 && logits[best[at - 1]] < logits[candidate]) at--;
            best.Insert(at, candidate);
            if (best.Count > top) best.RemoveAt(top);
        }
        var alternatives = new TokenScore[best.Count];
        for (var rank = 0; rank < best.Count; rank++) alternatives[rank] = ScoreOf(tokenizer, best[rank], logits[best[rank]] - logSum);
        return new TokenScores(ScoreOf(tokenizer, id, logits[id] - logSum), alternatives);
    }

    /// <summary>A place that nothing predicts.</summary>
    internal static TokenScores Unpredicted(int id, Tokenizer tokenizer) => new(ScoreOf(tokenizer, id, double.NaN), []);

    private static TokenScore ScoreOf(Tokenizer tokenizer, int id, double logProbability) =>
        new(id, tokenizer.BytesOf(id, skipSpecial: false).ToArray(), logProbability);
}
