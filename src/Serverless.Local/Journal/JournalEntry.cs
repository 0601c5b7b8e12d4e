using System.Text.Json;

namespace Serverless.Local.Journal;

/// <summary>One recorded result: what the workflow asked for and what it got.</summary>
/// <param name="Step">The kind of request.</param>
/// <param name="Name">The activity's or the event's name; null for a sleep.</param>
/// <param name="At">When the result was recorded.</param>
/// <param name="Result">An activity's result, if it succeeded.</param>
/// <param name="Failure">Why an activity failed for good, if it did.</param>
/// <param name="EventCame">Whether a wait ended by its event.</param>
public sealed record JournalEntry(
    JournalStep Step, string? Name, DateTimeOffset At, JsonElement? Result = null, string? Failure = null, bool EventCame = false);
