using System.Globalization;
using Serverless.Service.Jobs;
using Serverless.Service.Pipeline.FineTuning.Teaching;
using Serverless.Service.Telemetry;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>
/// Lets a job train when a slot is free, and makes it wait when its owner wants that. Here and nowhere else does <c>queued</c> become
/// <c>running</c>, and a wish to pause become <c>paused</c>.
/// </summary>
public sealed class Admit(JobCatalog jobs, Admission admission, JobEvents events, TimeProvider clock) : IActivity<JobId, StageOutcome>
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LookAgainAtMost = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LookAgainWhilePaused = TimeSpan.FromHours(1);

    public static ActivityName<JobId, StageOutcome> Name { get; } = new(nameof(Admit));

    public async Task<StageOutcome> RunAsync(JobId input, ActivityScope scope)
    {
        var ct = scope.Stopping;
        if (await jobs.FindAsync(input, ct) is not { } job)
            return StageOutcome.Stop;
        if (job.Wish == JobWish.Pause)
            job = await PauseAsync(job, ct);
        if (job.Status.IsFinal())
            return StageOutcome.Stop;
        if (job.Status == JobStatus.Paused)
        {
            await admission.ReleaseAsync(input, ct);
            return StageOutcome.Wait(LookAgainWhilePaused);
        }
        ServiceTelemetry.Waits(job, clock.GetUtcNow());
        if (await admission.AskAsync(input, ct) is > 0 and var place)
            return StageOutcome.Wait(LookAgain * place < LookAgainAtMost ? LookAgain * place : LookAgainAtMost);
        return await StartAsync(job, ct);
    }

    private async Task<JobRecord> PauseAsync(JobRecord job, CancellationToken ct)
    {
        var paused = await jobs.UpdateAsync(
            job.Id, now => now.Wish == JobWish.Pause ? now.After(JobMove.Pause, clock.GetUtcNow()) : now, ct);
        if (paused.Status == JobStatus.Paused && job.Status != JobStatus.Paused)
            await SayPausedAsync(paused, ct);
        return paused;
    }

    private Task SayPausedAsync(JobRecord paused, CancellationToken ct)
    {
        var key = $"paused {clock.GetUtcNow():O}";
        if (!paused.IsAtBudget())
            return events.AppendOnceAsync(paused.Id, key, "Fine-tuning job paused", ct);
        var message = string.Create(
            CultureInfo.InvariantCulture,
            $"Fine-tuning job paused at its budget of {paused.Budget} {paused.Price!.Currency}: it has cost {paused.Price.Of(paused.Seconds):0.######}. Resume it with a higher budget");
        return events.AppendOnceAsync(paused.Id, key, EventLevel.Warn, [message], ct);
    }

    private async Task<StageOutcome> StartAsync(JobRecord job, CancellationToken ct)
    {
        var started = await jobs.UpdateAsync(
            job.Id, now => now.Wish == JobWish.None ? now.After(JobMove.Admit, clock.GetUtcNow()) : now, ct);
        if (started.Status != JobStatus.Running)
            return StageOutcome.Yield;
        await events.AppendOnceAsync(job.Id, "started", "Fine-tuning job started", ct);
        if (job.Status == JobStatus.Queued && job.StartedAt is not null)
            await events.AppendOnceAsync(job.Id, $"resumed {clock.GetUtcNow():O}", "Fine-tuning job resumed", ct);
        return Teach.IsDoneFor(started.AtPresent()) ? StageOutcome.Train : StageOutcome.Done;
    }
}
