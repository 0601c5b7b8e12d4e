using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Serverless.Functions.Durable;
using Serverless.Service.Files;
using Serverless.Service.Pipeline.Intake;

namespace Serverless.Functions.Workflows;

/// <summary><see cref="IntakeWorkflow"/> as an orchestrator.</summary>
public sealed class IntakeOrchestrator(IntakeWorkflow workflow)
{
    [Function(nameof(IntakeWorkflow))]
    public Task RunAsync([OrchestrationTrigger] TaskOrchestrationContext context, FileId input) =>
        workflow.RunAsync(new DurableWorkflowContext(context), input);
}
