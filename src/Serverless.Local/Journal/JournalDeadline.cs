namespace Serverless.Local.Journal;

/// <summary>
/// A time that is waited for. It comes by the clock on the wall, so that it has come when the head was not there meanwhile; and after the longest time
/// that the wait may take by the steady clock, so that nobody waits an hour because the clock on the wall was set back by one.
/// </summary>
/// <param name="due">The time; null never comes.</param>
/// <param name="longest">How long the wait may take from now on.</param>
internal sealed class JournalDeadline(TimeProvider clock, DateTimeOffset? due, TimeSpan longest)
{
    // A timer takes no more than some weeks, and does not notice a clock that is set forward: whoever waits for longer looks at it in between.
    private static readonly TimeSpan s_longestTimer = TimeSpan.FromMinutes(1);

    private readonly long _begun = clock.GetTimestamp();

    /// <summary>Whether it has come.</summary>
    public bool IsOver => due is not null && Rest <= TimeSpan.Zero;

    private TimeSpan Rest
    {
        get
        {
            var (wall, steady) = (due!.Value - clock.GetUtcNow(), longest - clock.GetElapsedTime(_begun));
            return wall < steady ? wall : steady;
        }
    }

    /// <summary>Waits until it has come or a signal is given, whichever is first.</summary>
    public async Task WaitAsync(Task signal, CancellationToken stop)
    {
        if (due is null)
        {
            await signal.WaitAsync(stop);
            return;
        }
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        for (var rest = Rest; rest > TimeSpan.Zero && !signal.IsCompleted; rest = Rest)
        {
            var timer = Task.Delay(rest < s_longestTimer ? rest : s_longestTimer, clock, ended.Token);
            // A clock that was set forward since the timer's length was computed would not end it in time.
            if (!IsOver)
                await Task.WhenAny(signal, timer);
            stop.ThrowIfCancellationRequested();
        }
        await ended.CancelAsync();
    }
}
