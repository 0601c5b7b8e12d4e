using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Serverless.Service.Jobs;

/// <summary>
/// The committed state of a job: <c>jobs/&lt;id&gt;/head.json</c>. Checkpoints, metrics and events that it does not name do not exist.
/// Only the holder of the job's <see cref="TrainerLease"/> writes it.
/// </summary>
public sealed record JobHead
{
    /// <summary>The checkpoints that training can continue from, oldest first.</summary>
    public ImmutableArray<CommittedCheckpoint> Checkpoints { get; init; } = [];

    /// <summary>The number of committed events, which is the sequence number of the next one.</summary>
    public long Events { get; init; }

    /// <summary>
    /// A checkpoint beyond <see cref="Newest"/> that a trainer was interrupted at before it had looked at its step: the next one goes on from there, and
    /// it counts for nothing else, because its last step is not complete. Null otherwise.
    /// </summary>
    public CommittedCheckpoint? Parked { get; init; }

    /// <summary>
    /// The last step whose events are committed, where a checkpoint that could not be read was left out since, or steps are parked: the steps up to there
    /// may be trained again and are not told again. 0 where that has not happened.
    /// </summary>
    public int ToldStep { get; init; }

    /// <summary>The keys of what <see cref="JobLog.AppendOnceAsync"/> has written.</summary>
    public ImmutableArray<string> Once { get; init; } = [];

    /// <summary>
    /// Seconds of work that the job has taken, under every trainer so far. Each commit counts the time since the one before, in the same write,
    /// so no second is counted twice whatever is repeated; what a killed process did after its last commit is not counted.
    /// </summary>
    public double Seconds { get; init; }

    /// <summary>The newest checkpoint, or null before the first.</summary>
    [JsonIgnore]
    public CommittedCheckpoint? Newest => Checkpoints.IsEmpty ? null : Checkpoints[^1];

    /// <summary>Every checkpoint that there is: those to continue from, and the parked one.</summary>
    [JsonIgnore]
    public IEnumerable<CommittedCheckpoint> Named => Parked is null ? Checkpoints : Checkpoints.Add(Parked);

    /// <summary>Committed optimiser steps, which is also the last step whose metrics exist.</summary>
    [JsonIgnore]
    public int Step => Newest?.Step ?? 0;

    /// <summary>Tokens trained on by the newest checkpoint; null before the first.</summary>
    [JsonIgnore]
    public long? TrainedTokens => Newest?.TrainedTokens;

    /// <summary>The blob of the newest manifest, or null before the first checkpoint.</summary>
    [JsonIgnore]
    public string? Manifest => Newest?.Manifest;
}
