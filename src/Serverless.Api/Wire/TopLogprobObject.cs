using Serverless.Api.Sampling;
using Serverless.Learning.Sampling;

namespace Serverless.Api.Wire;

/// <summary>One of the likeliest tokens of a place.</summary>
internal record TopLogprobObject
{
    /// <summary>What OpenAI writes for a token without any probability.</summary>
    public const double Impossible = -9999;

    public TopLogprobObject(TokenScore score)
    {
        Token = TokenText.Of(score.Bytes.Span);
        Logprob = Math.Max(Impossible, score.LogProbability);
        Bytes = score.Bytes.IsEmpty ? null : [.. score.Bytes.ToArray().Select(value => (int)value)];
    }

    public string Token { get; }

    public double Logprob { get; }

    /// <summary>The token's UTF-8; several tokens may be needed for one character. Null where the token adds no text.</summary>
    public IReadOnlyList<int>? Bytes { get; }
}
