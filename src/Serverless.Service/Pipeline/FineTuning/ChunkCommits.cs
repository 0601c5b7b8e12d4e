using System.Collections.Immutable;
using Serverless.Learning.Evaluation;
using Serverless.Learning.Native;
using Serverless.Learning.Reinforcement;
using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>Turns what a chunk has done into committed state: checkpoint, metrics and events with one head.</summary>
public sealed class ChunkCommits(
    JobCatalog jobs, JobLog log, CheckpointStore checkpoints, JobFolders folders, PipelineSettings settings, TimeProvider clock)
{
    private const int StepsForEstimate = 50;

    /// <summary>Takes away what a chunk before left uncommitted, and says so if this machine may give other bits.</summary>
    public async Task BeginAsync(TrainerLease lease, JobPlan plan, CancellationToken ct)
    {
        await log.RemoveUncommittedAsync(lease, ct);
        var here = NativeRuntime.Fingerprint with { Threads = plan.Fingerprint.Threads };
        if (here != plan.Fingerprint)
        {
            await log.AppendOnceAsync(lease, $"fingerprint {here}", [Warning($"The job goes on with {here} and began with {plan.Fingerprint}: the weights may differ in their last bits")], ct);
        }
    }

    /// <summary>The head without a checkpoint that cannot be read; null if the stage has no other.</summary>
    /// <param name="plan">The plan of the stage that it belongs to.</param>
    public static JobHead? Without(JobHead head, JobPlan plan, CheckpointDamagedException damage)
    {
        if (head.Parked?.Manifest == damage.Manifest)
            return head with { Parked = null };
        var damaged = head.Checkpoints.Single(checkpoint => checkpoint.Manifest == damage.Manifest);
        var left = head with { Checkpoints = head.Checkpoints.Remove(damaged), ToldStep = Math.Max(head.ToldStep, head.Step) };
        return left.Step > plan.StepsBefore ? left : null;
    }

    /// <summary>Leaves out a checkpoint that cannot be read, and says so.</summary>
    /// <param name="plan">The plan of the stage that it belongs to.</param>
    /// <returns>False if the stage has no other: it stays then, so that whoever looks again finds the same.</returns>
    /// <exception cref="LeaseLostException">Another trainer has taken over.</exception>
    public async Task<bool> DropAsync(TrainerLease lease, JobPlan plan, CheckpointDamagedException damage, CancellationToken ct)
    {
        if (Without(lease.Head, plan, damage) is not { } left)
            return false;
        var damaged = lease.Head.Named.Single(checkpoint => checkpoint.Manifest == damage.Manifest);
        var means = left.Step < lease.Head.Step || damaged.Step > lease.Head.Step
            ? $"The job goes on from step {left.Step} instead of step {damaged.Step}"
            : $"The model is that of step {BestCheckpoint.Of(left, plan).Step} instead of step {damaged.Step}";
        await lease.CommitAsync(await log.WriteSegmentsAsync(lease, left, [Warning($"{damage.Message} {means}")], [], ct), ct);
        await log.RemoveUncommittedAsync(lease, ct);
        return true;
    }

    /// <summary>Notes at the checkpoint that is published how the model did on the whole validation file.</summary>
    public static async Task NoteEvaluationAsync(TrainerLease lease, JobPlan plan, EvaluationScores scores, CancellationToken ct)
    {
        var evaluated = BestCheckpoint.Of(lease.Head, plan).Newest!;
        var quality = (evaluated.Metrics ?? new CheckpointMetrics()) with { FullValidLoss = scores.Loss, FullValidAccuracy = scores.TokenAccuracy };
        var checkpoints = lease.Head.Checkpoints.Replace(evaluated, evaluated with { Metrics = quality });
        await lease.CommitAsync(lease.Head with { Checkpoints = checkpoints }, ct);
    }

    /// <summary>What the session's steps measured so far, in their order, committed or not: of all steps, or of those that <paramref name="keep"/> keeps.</summary>
    public async Task<IReadOnlyList<JobMetrics>> MetricsAsync(TrainingSession session, CancellationToken ct, Func<JobMetrics, bool>? keep = null)
    {
        var committed = await log.ListMetricsAsync(session.JobId, session.StepsBefore, ct, keep);
        return [.. committed.Where(step => session.Metrics.All(later => step.Step < later.Step)).Concat(session.Metrics.Where(step => keep?.Invoke(step) is not false))];
    }

    /// <summary>What watches a policy, in the state that the steps so far have left it in.</summary>
    internal async Task<PolicyAdvice> AdviceAsync(TrainingSession session, PolicyOptions policy, CancellationToken ct)
    {
        var advice = new PolicyAdvice(policy, session.StepsBefore, session.LastStep, settings.MetricsEventSteps);
        foreach (var step in await MetricsAsync(session, ct))
            _ = advice.Take(step);
        return advice;
    }

    /// <summary>Shows what was done since the last commit.</summary>
    /// <returns>The bytes that this took.</returns>
    public Task<long> ShowAsync(TrainingSession session, TrainerLease lease, CancellationToken ct) =>
        log.WriteLiveAsync(lease, [.. Untold(session, lease, int.MaxValue)], [.. session.Metrics], ct);

    /// <summary>Copies the present state to this machine's disk, and begins to upload it.</summary>
    internal async Task<ChunkUpload> SaveAsync(TrainingSession session, CancellationToken ct)
    {
        var folder = folders.Fresh(session.JobId, "checkpoint");
        await session.SaveAsync(folder);
        var (step, tokens) = (session.Step, session.TrainedTokens);
        return new ChunkUpload(step, clock.GetUtcNow(), tokens, checkpoints.UploadAsync(session.JobId, step, folder, ct));
    }

    /// <summary>Waits for the upload and makes it the job's newest checkpoint, with the metrics and events up to its step.</summary>
    /// <exception cref="LeaseLostException">Another trainer has taken over.</exception>
    internal async Task CommitAsync(TrainingSession session, ChunkUpload upload, TrainerLease lease, JobPlan plan, CancellationToken ct)
    {
        var manifest = await upload.Manifest;
        var metrics = session.Metrics.Where(step => step.Step <= upload.Step).ToList();
        var kept = Kept(LookedAt(lease.Head.Checkpoints, metrics).Add(manifest.ToCommitted(Quality(metrics), plan.TokensBefore + upload.TrainedTokens)), plan);
        List<JobEvent> events = [.. Untold(session, lease, upload.Step)];
        events.Add(new JobEvent { CreatedAt = upload.At, Message = $"Checkpoint created at step {upload.Step}" });
        var next = await log.WriteSegmentsAsync(lease, lease.Head with { Checkpoints = kept, Parked = null }, events, metrics, ct);
        await lease.CommitAsync(next, ct);
        session.Committed(manifest.Path, upload.Step);
        await checkpoints.RemoveUnnamedAsync(lease, ct);
        var pace = metrics.TakeLast(StepsForEstimate).Select(step => step.Seconds).DefaultIfEmpty(0).Average();
        await jobs.UpdateAsync(
            session.JobId,
            job => job.Status.IsFinal() ? job : job with
            {
                Seconds = Math.Max(job.Seconds, lease.Head.Seconds),
                TrainedTokens = lease.Head.TrainedTokens,
                EstimatedFinish = clock.GetUtcNow() + TimeSpan.FromSeconds(pace * (plan.EndStep - upload.Step)) + plan.TimeAfter,
            },
            ct);
    }

    /// <summary>
    /// Keeps the present state, whose last step was interrupted before it was looked at: the next trainer goes on from there as this one would. What there
    /// was to tell of the steps before is told.
    /// </summary>
    /// <exception cref="LeaseLostException">Another trainer has taken over.</exception>
    internal async Task ParkAsync(TrainingSession session, TrainerLease lease, CancellationToken ct)
    {
        if (lease.Head.Parked?.Step != session.Step)
        {
            var folder = folders.Fresh(session.JobId, "checkpoint");
            await session.SaveAsync(folder);
            await ParkedSteps.WriteAsync(folder, new ParkedSteps([.. session.Metrics], session.Owed!), ct);
            var manifest = await checkpoints.UploadAsync(session.JobId, session.Step, folder, ct);
            var told = lease.Head with { Parked = manifest.ToCommitted(), ToldStep = Math.Max(lease.Head.ToldStep, session.Step - 1) };
            await lease.CommitAsync(await log.WriteSegmentsAsync(lease, told, [.. Untold(session, lease, session.Step - 1)], [], ct), ct);
            await checkpoints.RemoveUnnamedAsync(lease, ct);
        }
        await ShowAsync(session, lease, ct);
    }

    private static IEnumerable<JobEvent> Untold(TrainingSession session, TrainerLease lease, int last) =>
        session.Events.Where(entry => entry.Step > lease.Head.ToldStep && entry.Step <= last).Select(entry => entry.Event);

    /// <summary>The newest checkpoint, the one before in case that one is damaged, those of the last ends of epochs, and what a recipe's stages before have left.</summary>
    private ImmutableArray<CommittedCheckpoint> Kept(ImmutableArray<CommittedCheckpoint> all, JobPlan plan)
    {
        var epochEnds = all.Where(checkpoint => checkpoint.Step > plan.StepsBefore && (checkpoint.Step - plan.StepsBefore) % plan.StepsPerEpoch == 0).TakeLast(settings.KeepCheckpoints).ToHashSet();
        if (plan.TakesBest && BestCheckpoint.In(all, plan) is { } best)
            epochEnds.Add(best);
        return [.. all.Where((checkpoint, index) => index >= all.Length - 2 || checkpoint.Step <= plan.StepsBefore || epochEnds.Contains(checkpoint))];
    }

    /// <summary>What the checkpoints' policies came to on validation prompts: each is looked at before the step after it.</summary>
    private static ImmutableArray<CommittedCheckpoint> LookedAt(ImmutableArray<CommittedCheckpoint> checkpoints, List<JobMetrics> metrics)
    {
        var rewards = metrics.Where(step => step.Figures.ContainsKey("valid_reward")).ToDictionary(step => step.Step - 1, step => step.Figures["valid_reward"]);
        return [.. checkpoints.Select(checkpoint => rewards.TryGetValue(checkpoint.Step, out var reward)
            ? checkpoint with { Metrics = (checkpoint.Metrics ?? new CheckpointMetrics()) with { ValidReward = reward } }
            : checkpoint)];
    }

    private static CheckpointMetrics? Quality(List<JobMetrics> metrics) => metrics.Count == 0 ? null : new CheckpointMetrics
    {
        TrainLoss = metrics[^1].TrainLoss,
        TrainAccuracy = metrics[^1].TrainAccuracy,
        ValidLoss = metrics[^1].ValidLoss,
        ValidAccuracy = metrics[^1].ValidAccuracy,
    };

    private JobEvent Warning(string message) => new() { CreatedAt = clock.GetUtcNow(), Level = EventLevel.Warn, Message = message };
}
