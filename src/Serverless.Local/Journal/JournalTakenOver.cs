namespace Serverless.Local.Journal;

/// <summary>Another head has written the record of an instance that this one runs: this one must not go on with it.</summary>
public sealed class JournalTakenOver(string instanceId) : Exception($"{instanceId} is run by another head");
