using System.Text.Json.Serialization;
using Serverless.Learning.Sampling;

namespace Serverless.Api.Wire;

/// <summary>A token of an answer with its likeliest alternatives.</summary>
internal sealed record TokenLogprobObject : TopLogprobObject
{
    public TokenLogprobObject(TokenScores scores)
        : base(scores.Token)
    {
        TopLogprobs = [.. scores.Top.Select(score => new TopLogprobObject(score))];
    }

    /// <summary>Stands after what it shares with its alternatives.</summary>
    [JsonPropertyOrder(1)]
    public IReadOnlyList<TopLogprobObject> TopLogprobs { get; }
}
