using Microsoft.Azure.Functions.Worker;
using Serverless.Service.Files;
using Serverless.Service.Pipeline.Intake;

namespace Serverless.Functions.Activities;

/// <summary>The activities of a file's intake.</summary>
public sealed class IntakeActivities(ActivityRuns runs)
{
    [Function(nameof(ScanFile))]
    public Task<ScanOutcome> ScanFileAsync([ActivityTrigger] FileId input, FunctionContext context) =>
        runs.RunAsync<ScanFile, FileId, ScanOutcome>(input, context);

    [Function(nameof(FailFile))]
    public Task<bool> FailFileAsync([ActivityTrigger] FailFileInput input, FunctionContext context) =>
        runs.RunAsync<FailFile, FailFileInput, bool>(input, context);
}
