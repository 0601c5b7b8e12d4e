using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Serverless.Functions.Durable;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Functions.Workflows;

/// <summary><see cref="FineTuneWorkflow"/> as an orchestrator.</summary>
public sealed class FineTuneOrchestrator(FineTuneWorkflow workflow)
{
    [Function(nameof(FineTuneWorkflow))]
    public Task RunAsync([OrchestrationTrigger] TaskOrchestrationContext context, FineTuneInput input) =>
        workflow.RunAsync(new DurableWorkflowContext(context), input);
}
