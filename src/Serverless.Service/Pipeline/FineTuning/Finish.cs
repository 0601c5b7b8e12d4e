using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>Gives a job its final status, says so in its events, and lets go of whatever it held.</summary>
public sealed class Finish(
    JobCatalog jobs, Admission admission, TrainingSessions sessions, JobFolders folders, JobLeftovers leftovers, JobEvents events, TimeProvider clock)
    : IActivity<JobEnd, bool>
{
    public static ActivityName<JobEnd, bool> Name { get; } = new(nameof(Finish));

    public async Task<bool> RunAsync(JobEnd input, ActivityScope scope)
    {
        var ct = scope.Stopping;
        var id = input.JobId;
        // Whatever it is that keeps the job from ending in order: it does not stand there as if it went on.
        if (input.Failures > 0 && await jobs.FindAsync(id, ct) is not null)
            await EndAsync(input, ct);
        await sessions.CloseAsync(id);
        await admission.ReleaseAsync(id, ct);
        folders.Remove(id);
        if (await jobs.FindAsync(id, ct) is null)
            return true;
        await using var lease = await events.HoldAsync(id, ct);
        await leftovers.RemoveUncommittedAsync(lease, ct);
        // The status decides between this end and a cancellation, so it comes first, and what says so as soon after it as can be.
        var job = await EndAsync(input, ct);
        await leftovers.RemoveResultsAsync(job, lease, ct);
        await SayAsync(job, lease, ct);
        return true;
    }

    private Task<JobRecord> EndAsync(JobEnd end, CancellationToken ct) => jobs.UpdateAsync(end.JobId, now => Ended(now, end), ct);

    private JobRecord Ended(JobRecord job, JobEnd end)
    {
        if (!job.Status.IsFinal())
            job = job.After(end.Move, clock.GetUtcNow()) with { Error = end.Error };
        // A model that was published in the moment before the job was cancelled is one of its leftovers.
        return job.Status == JobStatus.Succeeded || job.FineTunedModel is null ? job : Unpublished(job);
    }

    private static JobRecord Unpublished(JobRecord job)
    {
        job = job with { FineTunedModel = null };
        return job.Stages.IsEmpty ? job : job.With(job.Stage, stage => stage with { Result = null });
    }

    private Task SayAsync(JobRecord job, TrainerLease lease, CancellationToken ct) => job.Status switch
    {
        JobStatus.Succeeded => events.AppendOnceAsync(
            lease, "ended", EventLevel.Info, [.. Created(job), "The job has successfully completed"], ct),
        JobStatus.Failed => events.AppendOnceAsync(lease, "ended", EventLevel.Error, [$"The job failed: {job.Error?.Message}"], ct),
        JobStatus.Cancelled => events.AppendOnceAsync(lease, "ended", EventLevel.Info, ["Fine-tuning job cancelled"], ct),
        _ => throw new InvalidOperationException($"{job.Id} has not ended: it is {job.Status}"),
    };

    /// <summary>Nothing if the model was not better than publish_if asks for, which has been said.</summary>
    private static IEnumerable<string> Created(JobRecord job) =>
        job.FineTunedModel is { } model ? [$"New fine-tuned model created: {model}"] : [];
}
