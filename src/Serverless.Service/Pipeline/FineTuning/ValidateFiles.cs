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
        string[] messages = [$"Validating training file: {job.TrainingFile}", .. Validating(job)];
        await events.AppendOnceAsync(input, "validating", EventLevel.Info, messages, ct);
        var outcome = await LookAtAsync(job, job.TrainingFile, "training_file", ct);
        if (outcome.Result == StageResult.Done && job.ValidationFile is { } validation)
            outcome = await LookAtAsync(job, validation, "validation_file", ct);
        return outcome;
    }

    private async Task<StageOutcome> LookAtAsync(JobRecord job, FileId id, string parameter, CancellationToken ct) =>
        await files.FindAsync(id, ct) switch
        {
            null => StageOutcome.Refuse(new JobError($"invalid_{parameter}", $"{parameter}: the file {id} was deleted", parameter)),
            { Status: FileStatus.Processed } file when MethodFormats.FaultOf(job.Method.Type, file, parameter) is { } fault =>
                StageOutcome.Refuse(new JobError($"invalid_{parameter}", fault, parameter)),
            { Status: FileStatus.Processed } => StageOutcome.Done,
            { Status: FileStatus.Error } file => StageOutcome.Refuse(new JobError($"invalid_{parameter}", file.StatusDetails ?? "", parameter)),
            _ => StageOutcome.Wait(LookAgain),
        };

    private static IEnumerable<string> Validating(JobRecord job) =>
        job.ValidationFile is { } id ? [$"Validating validation file: {id}"] : [];
}
