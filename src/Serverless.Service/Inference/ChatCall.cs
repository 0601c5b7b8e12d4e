using Serverless.Learning.Sampling;
using Serverless.Learning.Text;

namespace Serverless.Service.Inference;

/// <summary>A conversation to be continued, and how.</summary>
public sealed record ChatCall
{
    public required IReadOnlyList<ChatMessage> Messages { get; init; }

    /// <summary>How the answers are drawn; <see cref="SamplingOptions.MaxTokens"/> beyond the model's context means up to its end.</summary>
    public required SamplingOptions Options { get; init; }

    /// <summary>The tools offered; null for none.</summary>
    public ChatTools? Tools { get; init; }

    /// <summary>How many answers.</summary>
    public int Choices { get; init; } = 1;

    /// <summary>After this long the answers end as if their tokens were used up.</summary>
    public TimeSpan Limit { get; init; } = Timeout.InfiniteTimeSpan;
}
