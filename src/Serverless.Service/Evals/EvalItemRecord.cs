using System.Collections.Immutable;
using System.Text.Json;
using Serverless.Learning.Sampling;

namespace Serverless.Service.Evals;

/// <summary>One item of a run with its answer and its results.</summary>
public sealed record EvalItemRecord
{
    /// <summary>The item's place among all, from 0.</summary>
    public required int Index { get; init; }

    public required JsonElement Item { get; init; }

    /// <summary>The messages that the model was asked to continue.</summary>
    public ImmutableArray<EvalItemMessage> Input { get; init; } = [];

    public required string Output { get; init; }

    public FinishReason? Finish { get; init; }

    public int PromptTokens { get; init; }

    /// <summary>Those of the prompt's tokens that had been read before, for a prompt that began alike.</summary>
    public int CachedTokens { get; init; }

    public int CompletionTokens { get; init; }

    public required EvalItemStatus Status { get; init; }

    public ImmutableArray<EvalItemResult> Results { get; init; } = [];

    /// <summary>Whether the answer is the one that the data set has; null where it has none, or nothing was answered.</summary>
    public bool? Exact { get; init; }

    /// <summary>Why there is no answer, if there is none.</summary>
    public string? Error { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}
