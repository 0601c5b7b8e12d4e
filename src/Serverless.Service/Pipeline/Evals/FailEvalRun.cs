using Serverless.Service.Evals;
using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.Evals;

/// <summary>Says in a run's record that it did not work by a fault of the service.</summary>
public sealed class FailEvalRun(EvalRunCatalog runs) : IActivity<FailEvalRunInput, bool>
{
    public static ActivityName<FailEvalRunInput, bool> Name { get; } = new(nameof(FailEvalRun));

    public async Task<bool> RunAsync(FailEvalRunInput input, ActivityScope scope)
    {
        if (await runs.FindAsync(input.RunId, scope.Stopping) is null)
            return false;
        var error = new JobError("server_error", $"The run failed by a fault of the service: {input.Reason}");
        await runs.UpdateAsync(input.RunId, run => run.IsFinal() ? run : run with { Status = EvalRunStatus.Failed, Error = error }, scope.Stopping);
        return true;
    }
}
