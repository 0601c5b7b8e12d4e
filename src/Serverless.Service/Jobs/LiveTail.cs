using System.Collections.Immutable;

namespace Serverless.Service.Jobs;

/// <summary>What a trainer has done since its last commit: <c>live.json</c>, shown until the commit makes it lasting.</summary>
public sealed record LiveTail
{
    public DateTimeOffset WrittenAt { get; init; }

    /// <summary>The sequence number of the first of <see cref="Events"/>.</summary>
    public long FirstSequence { get; init; }

    /// <summary>The step after the last committed one.</summary>
    public int FirstStep { get; init; }

    public ImmutableArray<JobEvent> Events { get; init; } = [];

    public ImmutableArray<JobMetrics> Metrics { get; init; } = [];
}
