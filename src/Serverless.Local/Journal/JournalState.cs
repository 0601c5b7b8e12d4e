namespace Serverless.Local.Journal;

/// <summary>Where a workflow instance stands.</summary>
public enum JournalState
{
    /// <summary>It runs, or waits for something.</summary>
    Running,

    /// <summary>Its code returned.</summary>
    Ended,

    /// <summary>Its code threw.</summary>
    Failed,
}
