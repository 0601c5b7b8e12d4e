using System.Collections.Immutable;
using System.Text.Json;

namespace Serverless.Service.Evals;

/// <summary>What the catalog knows about an evaluation: which items it expects and by what their answers are graded.</summary>
public sealed record EvalRecord
{
    public required EvalId Id { get; init; }

    public required string Name { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When its name or its pairs were last changed; null if never.</summary>
    public DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>The JSON schema of an item, as sent.</summary>
    public required JsonElement ItemSchema { get; init; }

    /// <summary>Whether graders may see a <c>sample</c>.</summary>
    public bool IncludeSampleSchema { get; init; }

    /// <summary>The graders, as sent; valid, with different names.</summary>
    public required ImmutableArray<JsonElement> TestingCriteria { get; init; }

    /// <summary>The owner's own pairs.</summary>
    public ImmutableDictionary<string, string> Metadata { get; init; } = ImmutableDictionary<string, string>.Empty;
}
