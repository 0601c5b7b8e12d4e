using Serverless.Service.Evals;

namespace Serverless.Service.Pipeline.Evals;

/// <summary>A run of an evaluation: answers and grades item after item; its record then says <c>completed</c> or <c>failed</c>.</summary>
public sealed class EvalRunWorkflow : IWorkflow<EvalRunId>
{
    /// <summary>After so many stretches the history is cut.</summary>
    private const int StretchesPerRun = 50;

    public static WorkflowName<EvalRunId> Name { get; } = new(nameof(EvalRunWorkflow));

    public async Task RunAsync(IWorkflowContext context, EvalRunId input)
    {
        try
        {
            for (var stretch = 0; stretch < StretchesPerRun; stretch++)
            {
                context.SetStatus("evaluating");
                if (await context.CallAsync(EvaluateItems.Name, input, RetrySchedule.Patient) == EvalProgress.Done)
                {
                    context.SetStatus("done");
                    return;
                }
            }
        }
        catch (ActivityFailure failure)
        {
            await context.CallAsync(FailEvalRun.Name, new FailEvalRunInput(input, failure.Message), RetrySchedule.Patient);
            return;
        }
        context.ContinueAsNew(input);
    }

    public EvalRunId RestartInput(EvalRunId original, string reason) => original;
}
