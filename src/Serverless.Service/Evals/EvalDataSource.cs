using System.Text.Json;
using Serverless.Service.Files;
using Serverless.Service.Models;

namespace Serverless.Service.Evals;

/// <summary>Where a run's items come from, and who answers them.</summary>
public sealed record EvalDataSource
{
    /// <summary>The wire's object, as sent.</summary>
    public required JsonElement Json { get; init; }

    /// <summary>A JSONL file whose lines have <c>item</c>, and <c>sample</c> if nobody is to answer; null if the items stand in the request.</summary>
    public FileId? File { get; init; }

    /// <summary>The model that answers; null if the samples are given.</summary>
    public ModelId? Model { get; init; }

    /// <summary>The most tokens of an answer; null is the service's own limit.</summary>
    public int? MaxTokens { get; init; }

    public double Temperature { get; init; }

    public double TopP { get; init; } = 1;

    public long Seed { get; init; } = 42;
}
