using Microsoft.Azure.Functions.Worker;
using Serverless.Service.Jobs;
using Serverless.Service.Pipeline.FineTuning;
using Serverless.Service.Pipeline.FineTuning.Teaching;

namespace Serverless.Functions.Activities;

/// <summary>The activities of a fine-tuning job.</summary>
public sealed class FineTuneActivities(ActivityRuns runs)
{
    [Function(nameof(NoteRestart))]
    public Task<bool> NoteRestartAsync([ActivityTrigger] RestartNote input, FunctionContext context) =>
        runs.RunAsync<NoteRestart, RestartNote, bool>(input, context);

    [Function(nameof(ValidateFiles))]
    public Task<StageOutcome> ValidateFilesAsync([ActivityTrigger] JobId input, FunctionContext context) =>
        runs.RunAsync<ValidateFiles, JobId, StageOutcome>(input, context);

    [Function(nameof(Prepare))]
    public Task<StageOutcome> PrepareAsync([ActivityTrigger] JobId input, FunctionContext context) =>
        runs.RunAsync<Prepare, JobId, StageOutcome>(input, context);

    [Function(nameof(Admit))]
    public Task<StageOutcome> AdmitAsync([ActivityTrigger] JobId input, FunctionContext context) =>
        runs.RunAsync<Admit, JobId, StageOutcome>(input, context);

    [Function(nameof(Teach))]
    public Task<StageOutcome> TeachAsync([ActivityTrigger] JobId input, FunctionContext context) =>
        runs.RunAsync<Teach, JobId, StageOutcome>(input, context);

    [Function(nameof(TrainChunk))]
    public Task<StageOutcome> TrainChunkAsync([ActivityTrigger] JobId input, FunctionContext context) =>
        runs.RunAsync<TrainChunk, JobId, StageOutcome>(input, context);

    [Function(nameof(Evaluate))]
    public Task<StageOutcome> EvaluateAsync([ActivityTrigger] JobId input, FunctionContext context) =>
        runs.RunAsync<Evaluate, JobId, StageOutcome>(input, context);

    [Function(nameof(Publish))]
    public Task<StageOutcome> PublishAsync([ActivityTrigger] JobId input, FunctionContext context) =>
        runs.RunAsync<Publish, JobId, StageOutcome>(input, context);

    [Function(nameof(Finish))]
    public Task<bool> FinishAsync([ActivityTrigger] JobEnd input, FunctionContext context) =>
        runs.RunAsync<Finish, JobEnd, bool>(input, context);
}
