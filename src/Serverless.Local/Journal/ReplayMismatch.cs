namespace Serverless.Local.Journal;

/// <summary>A recorded history that does not fit the workflow's code.</summary>
/// <param name="reason">What the code asked for and what the record holds.</param>
public sealed class ReplayMismatch(string reason) : Exception(reason);
