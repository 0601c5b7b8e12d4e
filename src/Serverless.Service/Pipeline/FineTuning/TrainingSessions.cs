using Serverless.Learning.Native;
using Serverless.Service.Jobs;
using Serverless.Service.Models;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>
/// The trainers in memory: a job's next chunk goes on with the one of its last chunk, if nothing happened in between. At most one for
/// each training slot.
/// </summary>
public sealed class TrainingSessions(
    TrainingTasks tasks, RolloutStore rollouts, ModelCatalog models, StartingModels starting, ModelEncoders encoders, FrozenBases bases, CheckpointStore checkpoints,
    JobFolders folders, PipelineSettings settings) : IAsyncDisposable
{
    private readonly SemaphoreSlim _gate = new(1);
    private readonly List<TrainingSession> _sessions = [];

    /// <summary>The trainer of a job, as it is at its present stage, in the state of its head, or further on the way from there; the caller's until it is given back.</summary>
    /// <exception cref="Learning.InputError">The model or the file cannot be used.</exception>
    /// <exception cref="CheckpointDamagedException">The head's newest checkpoint is not what it says.</exception>
    public async Task<SessionUse> OpenAsync(JobRecord job, JobPlan plan, JobHead head, CancellationToken ct)
    {
        await _gate.WaitAsync(ct);
        try
        {
            if (_sessions.Find(session => session.JobId == job.Id) is { } known)
            {
                await known.Turn.WaitAsync(ct);
                if (known.Continues(job.StageId(), head))
                    return new SessionUse(known);
                known.Turn.Release();
                await RemoveAsync(known);
            }
            while (_sessions.Count >= settings.TrainingSlots)
                await RemoveAsync(_sessions[0]);
            var opened = await BuildAsync(job, plan, head, ct);
            await opened.Turn.WaitAsync(CancellationToken.None);
            _sessions.Add(opened);
            return new SessionUse(opened);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Lets go of a job's trainer, if there is one, once nobody uses it. Whoever uses it gives it back before.</summary>
    public async Task CloseAsync(JobId id)
    {
        await _gate.WaitAsync();
        try
        {
            if (_sessions.Find(session => session.JobId == id) is { } known)
                await RemoveAsync(known);
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var session in _sessions)
            await session.DisposeAsync();
        _gate.Dispose();
    }

    private async Task RemoveAsync(TrainingSession session)
    {
        await session.Turn.WaitAsync();
        _sessions.Remove(session);
        await session.DisposeAsync();
    }

    private async Task<TrainingSession> BuildAsync(JobRecord job, JobPlan plan, JobHead head, CancellationToken ct)
    {
        var model = await models.FindAsync(job.Model, ct)
            ?? throw new Learning.InputError($"model: '{job.Model}' was deleted", "model", "model_not_available");
        var encoder = (await encoders.OfAsync(model, ct)).At(job.CreatedAt);
        var task = await tasks.OfAsync(job, plan, encoder, ct);
        var modelFolder = await starting.FolderAsync(model, plan.StartsFrom, ct);
        string? checkpoint = null;
        // The newest checkpoint of a stage that begins is the last one of the stage before, whose model this starts from.
        if ((head.Parked ?? head.Newest) is { } latest && latest.Step > plan.StepsBefore)
        {
            checkpoint = folders.Fresh(job.Id, "restore");
            await checkpoints.DownloadAsync(await checkpoints.ReadManifestAsync(latest, ct), checkpoint, ct);
        }
        NativeRuntime.EnsureLoaded();
        if (NativeRuntime.Threads != plan.Fingerprint.Threads)
            NativeRuntime.SetThreads(plan.Fingerprint.Threads);
        var session = await TrainingSession.OpenAsync(
            job.StageId(), bases, modelFolder, task, plan.Options, checkpoint, head.Manifest, plan.StepsBefore);
        if (head.Parked is not null)
            session.Resume(await ParkedSteps.ReadAsync(checkpoint!, ct));
        if (checkpoint is not null)
            Directory.Delete(checkpoint, recursive: true);
        if (plan.Options.Policy is { } policy)
        {
            var steps = session.Step - session.StepsBefore;
            await session.ResumeAsync([
                .. await rollouts.ReadAsync(session.StageId, steps, ct, evaluates: true),
                .. await rollouts.ReadAsync(session.StageId, steps / policy.UpdatesPerRollout, ct),
            ]);
        }
        return session;
    }
}
