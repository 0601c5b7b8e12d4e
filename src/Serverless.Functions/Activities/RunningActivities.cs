using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Serverless.Functions.Activities;

/// <summary>
/// The activities that run in this process. When it is told to stop, it waits for them: a chunk of training leaves then, and its last
/// checkpoint is uploaded before the process ends. Nothing else would wait, because the worker does not stop its calls.
/// </summary>
public sealed partial class RunningActivities(ILogger<RunningActivities> logger) : IHostedService
{
    /// <summary>How long the process waits at the most. Whoever started it may end it sooner; the Functions host does, after five seconds.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(100);

    private readonly Lock _lock = new();
    private int _count;
    private TaskCompletionSource? _none;

    /// <summary>Counts an activity in until the result is disposed.</summary>
    public IDisposable Begin()
    {
        lock (_lock)
            _count++;
        return new Call(this);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Returns when no activity runs any more.</summary>
    /// <param name="cancellationToken">When it has to return whatever runs.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        try
        {
            await NoneAsync().WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            LogLeft(Volatile.Read(ref _count));
        }
    }

    private Task NoneAsync()
    {
        lock (_lock)
        {
            if (_count == 0)
                return Task.CompletedTask;
            _none ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _none.Task;
        }
    }

    private void End()
    {
        lock (_lock)
        {
            if (--_count > 0)
                return;
            _none?.SetResult();
            _none = null;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The process ends while activities run ({Count}); they are run again from what they have committed")]
    private partial void LogLeft(int count);

    private sealed class Call(RunningActivities activities) : IDisposable
    {
        public void Dispose() => activities.End();
    }
}
