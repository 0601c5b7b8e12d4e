namespace Serverless.Local.Journal;

/// <summary>Waiting by an injected clock.</summary>
internal static class JournalClock
{
    /// <summary>The longest single wait that a timer takes; whoever waits for longer looks at the clock in between.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>Waits for a length of time, or for a day if that is shorter.</summary>
    public static Task DelayAsync(TimeProvider clock, TimeSpan length, CancellationToken ct) =>
        Task.Delay(length < Longest ? length : Longest, clock, ct);
}
