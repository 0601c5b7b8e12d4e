using Serverless.Local.Journal;

namespace Serverless.Local.Tests.Journal;

/// <summary>Waiting while somebody sets the clock on the wall.</summary>
public sealed class JournalDeadlineTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(200);

    // Much longer than the wait may take, and much shorter than what the clock is set by.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly WallClock _clock = new();

    private static Task Never => new TaskCompletionSource().Task;

    [Fact]
    public async Task A_clock_that_is_set_back_by_an_hour_keeps_nobody_waiting()
    {
        var deadline = new JournalDeadline(_clock, _clock.GetUtcNow() + Soon, Soon);
        Assert.False(deadline.IsOver);
        _clock.Offset = TimeSpan.FromHours(-1);
        await deadline.WaitAsync(Never, default).WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.True(deadline.IsOver);
    }

    [Fact]
    public void A_clock_that_is_set_forward_ends_the_wait()
    {
        var deadline = new JournalDeadline(_clock, _clock.GetUtcNow() + TimeSpan.FromMinutes(30), TimeSpan.FromMinutes(30));
        Assert.False(deadline.IsOver);
        _clock.Offset = TimeSpan.FromHours(1);
        Assert.True(deadline.IsOver);
    }

    [Fact]
    public async Task A_signal_ends_the_wait_and_no_time_never_comes()
    {
        var deadline = new JournalDeadline(_clock, null, TimeSpan.Zero);
        Assert.False(deadline.IsOver);
        await deadline.WaitAsync(Task.CompletedTask, default);
        await new JournalDeadline(_clock, _clock.GetUtcNow() + TimeSpan.FromHours(1), TimeSpan.FromHours(1)).WaitAsync(Task.CompletedTask, default);
    }

    /// <summary>The machine's clock with a wall clock that can be set.</summary>
    private sealed class WallClock : TimeProvider
    {
        public TimeSpan Offset { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Offset;
    }
}
