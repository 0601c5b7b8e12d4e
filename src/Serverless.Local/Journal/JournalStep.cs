namespace Serverless.Local.Journal;

/// <summary>The kinds of things a workflow asks its context for.</summary>
public enum JournalStep
{
    Activity,
    Wait,
    Sleep,
}
