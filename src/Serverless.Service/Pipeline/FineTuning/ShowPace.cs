namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>
/// When a chunk shows what it has done since its last commit: whenever there is something new, but the more there is to be written, the less often. A small
/// model takes hundreds of steps a second; all of them, written and read each second, would cost more than the steps.
/// </summary>
internal sealed class ShowPace(TimeProvider clock)
{
    /// <summary>How much is written in a second, until <see cref="LongestRest"/> is what bounds it.</summary>
    public const int BytesPerSecond = 1 << 17;

    /// <summary>What is shown is never older than this and a look at the owner's wish.</summary>
    public static TimeSpan LongestRest { get; } = TimeSpan.FromSeconds(15);

    private (int Step, int Events)? _shown;
    private TimeSpan _rest;
    private long _at;

    /// <param name="state">What there is to show: the last step, and how many events.</param>
    public bool IsDue((int Step, int Events) state) => state != _shown && clock.GetElapsedTime(_at) >= _rest;

    /// <summary>It was shown.</summary>
    /// <param name="bytes">What that took.</param>
    public void Shown((int Step, int Events) state, long bytes)
    {
        (_shown, _at) = (state, clock.GetTimestamp());
        var rest = TimeSpan.FromSeconds((double)bytes / BytesPerSecond);
        _rest = rest < LongestRest ? rest : LongestRest;
    }

    /// <summary>What was shown is committed: there is little again.</summary>
    public void Committed() => _rest = TimeSpan.Zero;
}
