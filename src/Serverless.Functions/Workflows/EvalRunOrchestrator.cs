using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Serverless.Functions.Durable;
using Serverless.Service.Evals;
using Serverless.Service.Pipeline.Evals;

namespace Serverless.Functions.Workflows;

/// <summary><see cref="EvalRunWorkflow"/> as an orchestrator.</summary>
public sealed class EvalRunOrchestrator(EvalRunWorkflow workflow)
{
    [Function(nameof(EvalRunWorkflow))]
    public Task RunAsync([OrchestrationTrigger] TaskOrchestrationContext context, EvalRunId input) =>
        workflow.RunAsync(new DurableWorkflowContext(context), input);
}
