using Serverless.Service.Jobs;
using Serverless.Service.Models;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>Gives a job its final status, says so in its events, and lets go of whatever it held.</summary>
public sealed class Finish(
    JobCatalog jobs, ModelStore models, Admission admission, TrainingSessions sessions, JobFolders folders, JobLeftovers leftovers, JobEvents events, TimeProvider clock)
    : IActivity<JobEnd, bool>
{
    public static ActivityName<JobEnd, bool> Name { get; } = new(nameof(Finish));

    public async Task<bool> RunAsync(JobEnd input, ActivityScope scope)
    {
        var ct = scope.Stopping;
        var id = input.JobId;
        await sessions.CloseAsync(id);
        await admission.ReleaseAsync(id, ct);
        folders.Remove(id);
        if (await jobs.FindAsync(id, ct) is null)
            return true;
        var job = await jobs.UpdateAsync(
            id,
            now => now.Status.IsFinal() ? now : now.After(input.Move, clock.GetUtcNow()) with { Error = input.Error },
            ct);
        if (job.Status == JobStatus.Cancelled && job.FineTunedModel is { } model)
        {
            // Published in the moment before the job was cancelled.
            await models.DeleteAsync(model, ct);
            job = await jobs.UpdateAsync(id, Unpublished, ct);
        }
        await leftovers.RemoveAsync(id, ct);
        await SayAsync(job, ct);
        return true;
    }

    private static JobRecord Unpublished(JobRecord job)
    {
        job = job with { FineTunedModel = null };
        return job.Stages.IsEmpty ? job : job.With(job.Stage, stage => stage with { Result = null });
    }

    private Task SayAsync(JobRecord job, CancellationToken ct) => job.Status switch
    {
        JobStatus.Succeeded => events.AppendOnceAsync(
            job.Id, "ended", EventLevel.Info, [.. Created(job), "The job has successfully completed"], ct),
        JobStatus.Failed => events.AppendOnceAsync(job.Id, "ended", EventLevel.Error, [$"The job failed: {job.Error?.Message}"], ct),
        JobStatus.Cancelled => events.AppendOnceAsync(job.Id, "ended", "Fine-tuning job cancelled", ct),
        _ => throw new InvalidOperationException($"{job.Id} has not ended: it is {job.Status}"),
    };

    /// <summary>Nothing if the model was not better than publish_if asks for, which has been said.</summary>
    private static IEnumerable<string> Created(JobRecord job) =>
        job.FineTunedModel is { } model ? [$"New fine-tuned model created: {model}"] : [];
}
