namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>
/// When a chunk shows what it has done since its last commit: whenever there is something new, but the more there is to be written, the less often. A small
/// model takes hundreds of steps a second; all of them, written and read each second, would cost more than the steps.
/// </summary>
internal sealed class ShowPace(TimeProvider clock)
{
    /// <summary>How much is written, and by those who look read, in a second.</summary>
    public const int BytesPerSecond = 1 << 17;

    private (int Step, int Events)? _shown;
    private TimeSpan _rest;
    private long _at;

    /// <param name="state">What there is to show.</param>
    public bool IsDue((int Step, int Events) state) => state != _shown && clock.GetElapsedTime(_at) >= _rest;

    /// <summary>It was shown.</summary>
    /// <param name="bytes">What that took.</param>
    public void Shown((int Step, int Events) state, long bytes)
    {
        (_shown, _at) = (state, clock.GetTimestamp());
        _rest = TimeSpan.FromSeconds((double)bytes / BytesPerSecond);
    }

    /// <summary>What was shown is committed: there is little again.</summary>
    public void Committed() => _rest = TimeSpan.Zero;
}
