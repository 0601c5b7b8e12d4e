using System.Text.Json;

namespace Serverless.Local.Journal;

/// <summary>How far a workflow came with the results recorded so far.</summary>
/// <param name="Status">The status it set last, if it set one.</param>
public abstract record ReplayOutcome(string? Status)
{
    /// <summary>It awaits something that is not recorded yet.</summary>
    public sealed record Awaits(StepRequest Request, string? Status) : ReplayOutcome(Status);

    /// <summary>It returned.</summary>
    public sealed record Ended(string? Status) : ReplayOutcome(Status);

    /// <summary>It wants to begin anew with this input.</summary>
    public sealed record ContinuesAsNew(JsonElement Input, string? Status) : ReplayOutcome(Status);

    /// <summary>The recorded results are not those that its code asks for.</summary>
    public sealed record Mismatch(string Reason) : ReplayOutcome((string?)null);

    /// <summary>It threw.</summary>
    public sealed record Failed(Exception Exception, string? Status) : ReplayOutcome(Status);
}
