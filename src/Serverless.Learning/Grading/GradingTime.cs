using System.Diagnostics;

namespace Serverless.Learning.Grading;

/// <summary>The time that the parts of a grader have together for one answer.</summary>
/// <param name="longest">After it no part is begun.</param>
/// <param name="ct">Ends the grading.</param>
internal sealed class GradingTime(TimeSpan longest, CancellationToken ct)
{
    private readonly long _begun = Stopwatch.GetTimestamp();

    public TimeSpan Longest => longest;

    /// <summary>Whether another part may begin.</summary>
    /// <exception cref="OperationCanceledException">The grading is to end.</exception>
    public bool IsLeft()
    {
        ct.ThrowIfCancellationRequested();
        return Stopwatch.GetElapsedTime(_begun) < longest;
    }
}
