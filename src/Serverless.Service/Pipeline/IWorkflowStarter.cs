namespace Serverless.Service.Pipeline;

/// <summary>What the rest of the service can do with workflows. Each head has its engine behind it.</summary>
public interface IWorkflowStarter
{
    /// <summary>
    /// Starts an instance; when this returns, it survives the death of the process. An instance of this id that runs counts as
    /// started; one that has ended may run again (so the first activity of a workflow ends at once when its work is done).
    /// </summary>
    Task StartAsync<TIn>(WorkflowName<TIn> workflow, string instanceId, TIn input, CancellationToken ct);

    /// <summary>
    /// Raises an event; when this returns, it survives the death of the process. Nothing happens when no instance of this id runs.
    /// </summary>
    Task RaiseAsync(string instanceId, string eventName, CancellationToken ct);

    /// <summary>Forgets an instance that has ended. Nothing happens when it runs or is not known.</summary>
    Task PurgeAsync(string instanceId, CancellationToken ct);
}
