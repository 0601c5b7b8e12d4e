namespace Serverless.Service.Pipeline;

/// <summary>
/// How often and when an activity that threw is run again: after pauses that grow by a factor up to a longest one. It never looks at
/// the exception's type (an engine may not keep it).
/// </summary>
public sealed record RetrySchedule
{
    /// <param name="attempts">Runs in all, the first one included; at least 1.</param>
    /// <param name="firstPause">The pause after the first failure; more than zero.</param>
    /// <param name="growth">Factor from one pause to the next; at least 1.</param>
    /// <param name="longestPause">What the pauses grow to; at least the first one.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside these ranges.</exception>
    public RetrySchedule(int attempts, TimeSpan firstPause, double growth, TimeSpan longestPause)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(attempts, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(firstPause, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(growth, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(longestPause, firstPause);
        Attempts = attempts;
        FirstPause = firstPause;
        Growth = growth;
        LongestPause = longestPause;
    }

    /// <summary>
    /// For everything that touches storage: ten attempts over about six minutes, so that a storage that is away for a few minutes is
    /// waited for.
    /// </summary>
    public static RetrySchedule Patient { get; } = new(10, TimeSpan.FromSeconds(2), 2, TimeSpan.FromMinutes(1));

    public int Attempts { get; }

    public TimeSpan FirstPause { get; }

    public double Growth { get; }

    public TimeSpan LongestPause { get; }

    /// <summary>The pause after a failed attempt, counted from 1; null when it was the last one.</summary>
    public TimeSpan? PauseAfter(int attempt)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(attempt, 1);
        if (attempt >= Attempts)
            return null;
        var ticks = FirstPause.Ticks * Math.Pow(Growth, attempt - 1);
        return ticks >= LongestPause.Ticks ? LongestPause : TimeSpan.FromTicks((long)ticks);
    }
}
