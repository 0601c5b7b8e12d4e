namespace Serverless.Service.Pipeline;

/// <summary>
/// What a workflow can do: the concepts of durable execution and nothing else. Two engines stand behind it, Durable Functions and the
/// local journal. One call at a time may be awaited.
/// </summary>
public interface IWorkflowContext
{
    /// <summary>The id the instance was started with, such as a job's.</summary>
    string InstanceId { get; }

    /// <summary>The time at which the workflow got its latest result: the same at each replay.</summary>
    DateTimeOffset CurrentUtcTime { get; }

    /// <summary>Whether recorded results are being replayed; for logging only.</summary>
    bool IsReplaying { get; }

    /// <summary>Runs an activity, again after each failure as <paramref name="retry"/> says.</summary>
    /// <exception cref="ActivityFailure">It failed at every attempt.</exception>
    Task<TOut> CallAsync<TIn, TOut>(ActivityName<TIn, TOut> activity, TIn input, RetrySchedule retry);

    /// <summary>
    /// Waits for one event of this name, raised at any time since the instance was started and not consumed by an earlier wait, or for
    /// the timeout, whichever is first. An event that nobody waited for survives <see cref="ContinueAsNew"/>.
    /// </summary>
    /// <returns>True if the event came, false if the time ran out.</returns>
    Task<bool> WaitAsync(string eventName, TimeSpan? timeout = null);

    /// <summary>Waits for a length of time.</summary>
    Task SleepAsync(TimeSpan duration);

    /// <summary>Sets a short text that shows where the instance stands.</summary>
    void SetStatus(string status);

    /// <summary>
    /// Ends this run and begins a new one of the same instance with another input and an empty history. The workflow returns right
    /// after it.
    /// </summary>
    void ContinueAsNew<TIn>(TIn input);
}
