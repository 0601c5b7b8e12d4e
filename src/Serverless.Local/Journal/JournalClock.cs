namespace Serverless.Local.Journal;

/// <summary>Waiting by an injected clock.</summary>
internal static class JournalClock
{
    /// <summary>The longest single wait that a timer takes; whoever waits for longer looks at the clock in between.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>Waits until a time has come; null is at once.</summary>
    public static Task UntilAsync(TimeProvider clock, DateTimeOffset? due, CancellationToken stop) =>
        UntilAsync(clock, due ?? clock.GetUtcNow(), new TaskCompletionSource().Task, stop);

    /// <summary>Waits until a time has come or a signal is given, whichever is first; no time is never.</summary>
    public static async Task UntilAsync(TimeProvider clock, DateTimeOffset? due, Task signal, CancellationToken stop)
    {
        if (due is null)
        {
            await signal.WaitAsync(stop);
            return;
        }
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        for (var now = clock.GetUtcNow(); now < due && !signal.IsCompleted; now = clock.GetUtcNow())
        {
            var rest = due.Value - now;
            var timer = Task.Delay(rest < Longest ? rest : Longest, clock, ended.Token);
            // A clock that was set forward since the timer's length was computed would not end it in time.
            if (clock.GetUtcNow() < due)
                await Task.WhenAny(signal, timer);
            stop.ThrowIfCancellationRequested();
        }
        await ended.CancelAsync();
    }
}
