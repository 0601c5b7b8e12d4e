using Microsoft.Azure.Functions.Worker;
using Serverless.Service.Evals;
using Serverless.Service.Pipeline.Evals;

namespace Serverless.Functions.Activities;

/// <summary>The activities of an evaluation's run.</summary>
public sealed class EvalActivities(ActivityRuns runs)
{
    [Function(nameof(EvaluateItems))]
    public Task<EvalProgress> EvaluateItemsAsync([ActivityTrigger] EvalRunId input, FunctionContext context) =>
        runs.RunAsync<EvaluateItems, EvalRunId, EvalProgress>(input, context);

    [Function(nameof(FailEvalRun))]
    public Task<bool> FailEvalRunAsync([ActivityTrigger] FailEvalRunInput input, FunctionContext context) =>
        runs.RunAsync<FailEvalRun, FailEvalRunInput, bool>(input, context);
}
