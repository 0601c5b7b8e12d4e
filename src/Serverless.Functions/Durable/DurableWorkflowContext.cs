using Microsoft.DurableTask;
using Serverless.Service.Pipeline;

namespace Serverless.Functions.Durable;

/// <summary>The workflow port on Durable Functions. It is run again with every replay, so it decides by nothing but its context.</summary>
public sealed class DurableWorkflowContext(TaskOrchestrationContext context) : IWorkflowContext
{
    // The engine gives an event to whoever asked for its name last, even if that wait was called off, and the event is gone. So none is
    // called off here: the next wait for the name goes on with the one that ran out of time.
    private readonly Dictionary<string, Task<string?>> _waits = [];

    public string InstanceId => context.InstanceId;

    public DateTimeOffset CurrentUtcTime => context.CurrentUtcDateTime;

    public bool IsReplaying => context.IsReplaying;

    public async Task<TOut> CallAsync<TIn, TOut>(ActivityName<TIn, TOut> activity, TIn input, RetrySchedule retry)
    {
        try
        {
            return await context.CallActivityAsync<TOut>(activity.Value, input, new TaskOptions(new TaskRetryOptions(PolicyOf(retry))));
        }
        catch (TaskFailedException failure)
        {
            throw new ActivityFailure(activity.Value, failure.FailureDetails.ErrorMessage);
        }
    }

    public async Task<bool> WaitAsync(string eventName, TimeSpan? timeout = null)
    {
        if (!_waits.TryGetValue(eventName, out var wait))
            _waits[eventName] = wait = context.WaitForExternalEvent<string?>(eventName);
        if (timeout is { } length && !wait.IsCompleted)
        {
            using var came = new CancellationTokenSource();
            var timer = context.CreateTimer(length, came.Token);
            if (await Task.WhenAny(wait, timer) == timer)
                return false;
            // Not CancelAsync: that goes on in another thread, which an orchestration must not.
            came.Cancel();
        }
        await wait;
        _waits.Remove(eventName);
        return true;
    }

    public Task SleepAsync(TimeSpan duration) => context.CreateTimer(duration, CancellationToken.None);

    public void SetStatus(string status) => context.SetCustomStatus(status);

    public void ContinueAsNew<TIn>(TIn input)
    {
        context.ContinueAsNew(input, preserveUnprocessedEvents: true);
        // Those that a wait has taken and the workflow has not asked for again are not among the preserved ones.
        foreach (var (eventName, wait) in _waits)
            if (wait.IsCompleted)
                context.SendEvent(context.InstanceId, eventName, null!);
    }

    private static RetryPolicy PolicyOf(RetrySchedule retry) =>
        new(retry.Attempts, retry.FirstPause, retry.Growth, retry.LongestPause, Timeout.InfiniteTimeSpan);
}
