namespace Serverless.Local.Journal;

/// <summary>What a workflow has asked for and not got yet.</summary>
/// <param name="Step">The kind of request.</param>
/// <param name="Name">The activity's or the event's name; null for a sleep.</param>
/// <param name="Due">When a wait or sleep ends, or a failed activity is run again; null for no limit, or at once.</param>
/// <param name="Attempts">Runs of the activity that ended by an exception.</param>
/// <param name="Starts">Runs of the activity that began and of whose end nothing is known: the running one, and those in which the
/// process died since the activity last committed something.</param>
public sealed record PendingStep(JournalStep Step, string? Name, DateTimeOffset? Due = null, int Attempts = 0, int Starts = 0);
