using Serverless.Service.Jobs;
using Serverless.Service.Pipeline.Webhooks;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>
/// A fine-tuning job from its files to its published model: one stage after another, each called again until it is complete. What the
/// job has come to stands in the catalog and its checkpoints; this only decides what is called next.
/// </summary>
public sealed class FineTuneWorkflow : IWorkflow<FineTuneInput>
{
    /// <summary>After so many calls of activities the history is cut: at four minutes a chunk, about every three hours of training.</summary>
    public const int CallsPerRun = 50;

    /// <summary>How often ending a job may fail at every attempt: with the pauses, over about two hours.</summary>
    public const int MostEndings = 12;

    /// <summary>Raised when the job's record has changed.</summary>
    public const string Changed = "changed";

    private static readonly TimeSpan PauseBeforeEnding = TimeSpan.FromMinutes(5);

    public static WorkflowName<FineTuneInput> Name { get; } = new(nameof(FineTuneWorkflow));

    public async Task RunAsync(IWorkflowContext context, FineTuneInput input)
    {
        if ((input.End ?? await DecideAsync(context, input)) is not { } end || !await EndAsync(context, input, end))
            return;
        await TellAsync(context, input.JobId);
        context.SetStatus("ended");
    }

    /// <summary>Runs the job's stages.</summary>
    /// <returns>How the job ends, or null if it continues as new.</returns>
    private static async Task<JobEnd?> DecideAsync(IWorkflowContext context, FineTuneInput input)
    {
        try
        {
            if (input.Restart is { } reason)
                await context.CallAsync(NoteRestart.Name, new RestartNote(input.JobId, reason), RetrySchedule.Patient);
            return await RunStagesAsync(context, input with { Restart = null });
        }
        catch (ActivityFailure failure)
        {
            return new JobEnd(input.JobId, JobMove.Fail, new JobError("server_error", $"The job failed by a fault of the service: {failure.Message}"));
        }
    }

    /// <summary>
    /// Ends the job as was decided. If that fails at every attempt it is done again later: what has become of the job does not change by that, and one that
    /// never ended would keep its place among those that train.
    /// </summary>
    /// <returns>False if it continues as new.</returns>
    private static async Task<bool> EndAsync(IWorkflowContext context, FineTuneInput input, JobEnd end)
    {
        context.SetStatus("ending");
        try
        {
            await context.CallAsync(Finish.Name, end, RetrySchedule.Patient);
            return true;
        }
        catch (ActivityFailure) when (end.Failures + 1 < MostEndings)
        {
            await context.SleepAsync(PauseBeforeEnding);
        }
        context.ContinueAsNew(input with { Restart = null, End = end with { Failures = end.Failures + 1 } });
        return false;
    }

    /// <summary>Tells those who want to know that the job has ended; the job is final by then, whatever becomes of this.</summary>
    private static async Task TellAsync(IWorkflowContext context, JobId job)
    {
        context.SetStatus("telling");
        try
        {
            await context.CallAsync(SendWebhooks.Name, new WebhookCall(job), SendWebhooks.Schedule);
        }
        catch (ActivityFailure)
        {
            await context.CallAsync(SendWebhooks.Name, new WebhookCall(job, GivesUp: true), RetrySchedule.Patient);
        }
    }

    public FineTuneInput RestartInput(FineTuneInput original, string reason) => new(original.JobId, Restart: reason);

    /// <returns>The job's end, or null if it continues as new.</returns>
    private static async Task<JobEnd?> RunStagesAsync(IWorkflowContext context, FineTuneInput input)
    {
        var stage = input.Stage;
        for (var call = 0; call < CallsPerRun; call++)
        {
            context.SetStatus(stage.ToString());
            var outcome = await context.CallAsync(ActivityOf(stage), input.JobId, RetrySchedule.Patient);
            switch (outcome.Result)
            {
                case StageResult.Done when stage == JobStage.Publish:
                    return new JobEnd(input.JobId, JobMove.Succeed);
                case StageResult.Done:
                    stage++;
                    break;
                case StageResult.Next:
                    stage = JobStage.Teach;
                    break;
                case StageResult.Train:
                    stage = JobStage.Train;
                    break;
                case StageResult.Wait:
                    await context.WaitAsync(Changed, outcome.Pause);
                    break;
                case StageResult.Yield:
                    stage = JobStage.Admit;
                    break;
                case StageResult.Stop:
                    return new JobEnd(input.JobId, JobMove.Cancel);
                case StageResult.Refuse:
                    return new JobEnd(input.JobId, JobMove.Fail, outcome.Error);
                case StageResult.More:
                    break;
            }
        }
        context.ContinueAsNew(input with { Stage = stage });
        return null;
    }

    private static ActivityName<JobId, StageOutcome> ActivityOf(JobStage stage) => stage switch
    {
        JobStage.ValidateFiles => ValidateFiles.Name,
        JobStage.Prepare => Prepare.Name,
        JobStage.Admit => Admit.Name,
        JobStage.Teach => Teaching.Teach.Name,
        JobStage.Train => TrainChunk.Name,
        JobStage.Evaluate => Evaluate.Name,
        JobStage.Publish => Publish.Name,
        _ => throw new ArgumentOutOfRangeException(nameof(stage), stage, null),
    };
}
