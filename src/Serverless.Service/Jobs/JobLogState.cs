namespace Serverless.Service.Jobs;

/// <summary>What a job's log held at one moment: the committed head, and the tail since then that fits it.</summary>
/// <param name="Live">Empty when nothing has happened since the last commit.</param>
public sealed record JobLogState(JobHead Head, LiveTail Live)
{
    /// <summary>How many events the job has, those since the last commit included.</summary>
    public long Events => Head.Events + Live.Events.Length;

    /// <summary>The newest step that is known, committed or not.</summary>
    public int LastStep => Live.Metrics is [.., var last] ? last.Step : Head.Step;
}
