using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Pipeline.FineTuning.Teaching;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>What work that was broken off has left of a job: what was not committed, and what the job does not say it led to.</summary>
public sealed class JobLeftovers(
    JobLog log, JobPlans plans, CheckpointStore checkpoints, CheckpointModels checkpointModels, ModelStore models, FileStore files, TaughtAnswers answers, TeacherAbsences absences,
    PipelineSettings settings)
{
    /// <summary>Removes checkpoints that the head does not name and segments of the log that it does not count, which the next commit would remove.</summary>
    /// <param name="lease">Of a job that takes no more steps.</param>
    public async Task RemoveUncommittedAsync(TrainerLease lease, CancellationToken ct)
    {
        if (lease.Head.Parked is not null)
            await lease.CommitAsync(lease.Head with { Parked = null }, ct);
        await log.RemoveUncommittedAsync(lease, ct);
        await checkpoints.RemoveUnnamedAsync(lease, ct);
    }

    /// <summary>Removes models, files of them, and result files that the job does not say it led to, and what was kept for a teacher who is asked no more.</summary>
    /// <param name="job">A job that has ended, as it is stored.</param>
    public async Task RemoveResultsAsync(JobRecord job, TrainerLease lease, CancellationToken ct)
    {
        // Other methods ask nobody.
        foreach (var stage in job.InStages().Where(stage => stage.Method.Type is MethodType.Distillation or MethodType.Reinforcement))
        {
            if (stage.Method.Distillation is not null)
                await answers.RemoveRepliesAsync(stage.StageId(), ct);
            await absences.ForgetAsync(stage.StageId(), ct);
        }
        var model = JobModel.Of(job, settings.Organization, job.CreatedAt).Id;
        await lease.EnsureHeldAsync(ct);
        await models.RemoveLeftoversAsync(model, job.Id, stays: job.FineTunedModel == model, ct);
        if (!job.IsAtLastStage() && await plans.FindAsync(job.StageId(), ct) is { } plan && BestCheckpoint.Of(lease.Head, plan).Step is var step && step > plan.StepsBefore)
            await checkpointModels.RemoveUnpublishedAsync(job, step, ct);
        if (job.Status == JobStatus.Succeeded)
            return;
        foreach (var id in ResultsOf(job).Except(job.ResultFiles.Concat(job.Stages.SelectMany(stage => stage.ResultFiles))))
        {
            await lease.EnsureHeldAsync(ct);
            await files.DeleteAsync(id, ct);
        }
    }

    /// <summary>The ids of all files that a job can lead to.</summary>
    private static IEnumerable<FileId> ResultsOf(JobRecord job)
    {
        yield return Result(StepMetricsCsv.FileName);
        foreach (var stage in job.InStages())
        {
            if (stage.Method.Distillation is not null)
                yield return TaughtFiles.IdOf(stage);
            if (stage.Method.Type == MethodType.Reinforcement)
                yield return Result(stage.OwnName(RolloutStore.FileName));
        }

        FileId Result(string name) => FileId.OfResult(job.Id.Value, name, job.CreatedAt);
    }
}
