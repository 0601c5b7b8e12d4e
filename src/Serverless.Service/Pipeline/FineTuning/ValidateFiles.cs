using Serverless.Service.Files;
using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>Waits until a job's files have been taken in; a file with faults, or not of the method's kind, fails the job.</summary>
public sealed class ValidateFiles(JobCatalog jobs, FileCatalog files, JobEvents events) : IActivity<JobId, StageOutcome>
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    public static ActivityName<JobId, StageOutcome> Name { get; } = new(nameof(ValidateFiles));

    public async Task<StageOutcome> RunAsync(JobId input, ActivityScope scope)
    {
        var ct = scope.Stopping;
        if (await jobs.FindAsync(input, ct) is not { } job || job.Status.IsFinal())
            return StageOutcome.Stop;
        if (job.Status != JobStatus.ValidatingFiles)
            return StageOutcome.Done;
        string[] messages =
        [
            .. job.InStages().Select(stage => $"Validating training file: {stage.TrainingFile}").Distinct(),
            .. job.InStages().Select(stage => stage.ValidationFile).Append(job.ValidationFile).OfType<FileId>().Distinct().Select(id => $"Validating validation file: {id}"),
        ];
        await events.AppendOnceAsync(input, "validating", EventLevel.Info, messages, ct);
        foreach (var stage in job.InStages())
        {
            var outcome = await LookAtAsync(stage, stage.TrainingFile, "training_file", stage.Method.Type, ct);
            if (outcome.Result == StageResult.Done && stage.ValidationFile is { } validation)
                outcome = await LookAtAsync(stage, validation, "validation_file", stage.Method.Type, ct);
            if (outcome.Result == StageResult.Done && stage.Method.Replay is { } replay)
                outcome = await LookAtAsync(stage, replay.File, ReplayRequest.FileParameter, MethodType.Pretraining, ct);
            if (outcome.Result != StageResult.Done)
                return outcome;
        }
        // Of a recipe the file is each stage's that names none and takes its kind, and the last stage's whatever its kind is.
        return job.ValidationFile is { } common && !job.Stages.IsEmpty
            ? await LookAtAsync(job.AtLast(), common, "validation_file", job.Stages[^1].ValidationFile is null ? job.Stages[^1].Method.Type : null, ct)
            : StageOutcome.Done;
    }

    /// <param name="job">The job as if the stage that takes the file were all of it.</param>
    /// <param name="method">The method that has to take the file's kind of data, if one has to.</param>
    private async Task<StageOutcome> LookAtAsync(JobRecord job, FileId id, string parameter, MethodType? method, CancellationToken ct)
    {
        if (await files.FindAsync(id, ct) is not { } file)
            return job.Refuse(FileRefusal.Deleted(id, parameter));
        return file.Status switch
        {
            FileStatus.Processed => method is { } takes && MethodFormats.FaultOf(takes, file, parameter) is { } fault ? Refuse(fault) : StageOutcome.Done,
            FileStatus.Error => Refuse(file.StatusDetails ?? ""),
            _ => StageOutcome.Wait(LookAgain),
        };

        StageOutcome Refuse(string message) => job.Refuse(FileRefusal.Of(message, parameter));
    }
}
