using System.Collections.Immutable;

namespace Serverless.Service.Jobs;

/// <summary>What a checkpoint consists of: every part with size and hash.</summary>
public sealed record CheckpointManifest
{
    /// <summary>The layout that this code writes and reads.</summary>
    public const int CurrentVersion = 1;

    public int Version { get; init; } = CurrentVersion;

    /// <summary>The manifest's own blob in the container <c>jobs</c>; the parts lie beside it.</summary>
    public required string Path { get; init; }

    public required JobId JobId { get; init; }

    /// <summary>The optimiser steps done.</summary>
    public required int Step { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Sorted by name.</summary>
    public required ImmutableArray<CheckpointPart> Parts { get; init; }

    /// <summary>What <see cref="JobHead"/> says about it.</summary>
    public CommittedCheckpoint ToCommitted(CheckpointMetrics? metrics = null, long? trainedTokens = null) => new(Step, Path, CreatedAt, metrics, trainedTokens);
}
