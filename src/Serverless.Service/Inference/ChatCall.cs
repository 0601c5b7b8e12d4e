using System.Collections.Immutable;
using Serverless.Learning.Text;

namespace Serverless.Service.Inference;

/// <summary>A conversation to be continued, and how.</summary>
public sealed record ChatCall
{
    public required IReadOnlyList<ChatMessage> Messages { get; init; }

    /// <summary>The most tokens of one answer; null means up to the end of the model's context.</summary>
    public int? MaxTokens { get; init; }

    public double Temperature { get; init; } = 1;

    public double TopP { get; init; } = 1;

    /// <summary>How many answers, drawn one after the other.</summary>
    public int Choices { get; init; } = 1;

    /// <summary>Equal seeds give equal answers of equal weights.</summary>
    public required long Seed { get; init; }

    /// <summary>Texts that end an answer and are not part of it.</summary>
    public ImmutableArray<string> Stop { get; init; } = [];

    /// <summary>After this long the answers end as if their tokens were used up.</summary>
    public TimeSpan Limit { get; init; } = Timeout.InfiniteTimeSpan;
}
