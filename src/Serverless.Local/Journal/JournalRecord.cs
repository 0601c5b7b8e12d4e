using System.Collections.Immutable;
using System.Text.Json;

namespace Serverless.Local.Journal;

/// <summary>
/// Everything known about one workflow instance; written as one small blob. Histories stay short because workflows continue as new.
/// </summary>
public sealed record JournalRecord
{
    public required string InstanceId { get; init; }

    public required string Workflow { get; init; }

    /// <summary>What the instance was started with.</summary>
    public required JsonElement OriginalInput { get; init; }

    /// <summary>What its present run was started with.</summary>
    public required JsonElement Input { get; init; }

    /// <summary>When its present run was started.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>How often it continued as new or was restarted.</summary>
    public int Generation { get; init; }

    /// <summary>How often its history did not fit its code.</summary>
    public int Restarts { get; init; }

    /// <summary>What did not fit the last time.</summary>
    public string? Mismatch { get; init; }

    public JournalState State { get; init; }

    /// <summary>Why it failed, if it did.</summary>
    public string? Failure { get; init; }

    /// <summary>The short text that the workflow set last.</summary>
    public string? Status { get; init; }

    /// <summary>The results of the present run, in order.</summary>
    public ImmutableArray<JournalEntry> History { get; init; } = [];

    /// <summary>What the workflow waits for; null once it ended.</summary>
    public PendingStep? Pending { get; init; }

    /// <summary>Names of the events that were raised and not consumed, in order.</summary>
    public ImmutableArray<string> Events { get; init; } = [];

    /// <summary>The host that wrote this version, so that it recognises its own writes.</summary>
    public string? Writer { get; init; }
}
