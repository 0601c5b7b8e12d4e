using DurableTask.Core.Exceptions;
using Grpc.Core;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Service.Pipeline;

namespace Serverless.Functions.Durable;

/// <summary>
/// Starts workflows on Durable Functions. An instance whose history does not fit the code any more has failed there; starting it again
/// begins it from its last checkpoint.
/// </summary>
/// <param name="services">Holds each workflow under <see cref="IWorkflow{TIn}"/> of its input.</param>
public sealed class DurableWorkflowStarter(DurableConnection hub, IServiceProvider services) : IWorkflowStarter
{
    private static readonly OrchestrationRuntimeStatus[] Unended =
        [OrchestrationRuntimeStatus.Pending, OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Suspended];

    public async Task StartAsync<TIn>(WorkflowName<TIn> workflow, string instanceId, TIn input, CancellationToken ct)
    {
        var known = await hub.Client.GetInstanceAsync(instanceId, getInputsAndOutputs: true, ct);
        if (known is { IsCompleted: false })
            return;
        if (known is { RuntimeStatus: OrchestrationRuntimeStatus.Failed, FailureDetails.ErrorMessage: var reason })
            input = services.GetRequiredService<IWorkflow<TIn>>().RestartInput(input, reason);
        try
        {
            await hub.Client.ScheduleNewOrchestrationInstanceAsync(
                workflow.Value, input, new StartOrchestrationOptions(instanceId).WithDedupeStatuses(Unended), ct);
        }
        catch (OrchestrationAlreadyExistsException)
        {
            // Another one started it since.
        }
    }

    public async Task RaiseAsync(string instanceId, string eventName, CancellationToken ct)
    {
        if (!await RunsAsync(instanceId, ct))
            return;
        try
        {
            await hub.Client.RaiseEventAsync(instanceId, eventName, cancellation: ct);
        }
        catch (RpcException)
        {
            // It may have ended since; then nobody waits for the event.
            if (await RunsAsync(instanceId, ct))
                throw;
        }
    }

    public async Task PurgeAsync(string instanceId, CancellationToken ct)
    {
        if (await hub.Client.GetInstanceAsync(instanceId, ct) is { IsCompleted: true })
            await hub.Client.PurgeInstanceAsync(instanceId, ct);
    }

    private async Task<bool> RunsAsync(string instanceId, CancellationToken ct) =>
        await hub.Client.GetInstanceAsync(instanceId, ct) is { IsCompleted: false };
}
