namespace Serverless.Service.Pipeline;

/// <summary>What an activity knows about the run it is part of.</summary>
/// <param name="InstanceId">The workflow instance that called it.</param>
/// <param name="Deadline">When it has to have returned: what is not finished by then is returned as "there is more".</param>
/// <param name="Stopping">Asks for an early return, because the process is about to end: commit what is worth it, then return or throw
/// <see cref="OperationCanceledException"/>. The activity is run again later.</param>
public sealed record ActivityScope(string InstanceId, DateTimeOffset Deadline, CancellationToken Stopping)
{
    /// <summary>Called at each commit; engines that count the deaths of an activity begin anew there.</summary>
    public Func<Task>? OnCommitted { get; init; }

    /// <summary>
    /// Tells the engine that part of the work is safe: a next run goes on from here. An activity that kills its process again and again
    /// without coming this far is given up.
    /// </summary>
    public Task CommittedAsync() => OnCommitted?.Invoke() ?? Task.CompletedTask;
}
