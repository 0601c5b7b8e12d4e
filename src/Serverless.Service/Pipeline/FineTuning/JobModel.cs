using Serverless.Service.Jobs;
using Serverless.Service.Models;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>What a model that a job led to is called and recorded as, before it has files.</summary>
public static class JobModel
{
    /// <param name="organization">The deployment's name, its owner.</param>
    /// <param name="step">The step of a checkpoint, or null for the job's final model.</param>
    public static ModelRecord Of(JobRecord job, string organization, DateTimeOffset createdAt, int? step = null) => new()
    {
        Id = NameOf(job, organization, step),
        Kind = step is null ? ModelKind.Published : ModelKind.Checkpoint,
        CreatedAt = createdAt,
        OwnedBy = organization,
        JobId = job.Id,
        BaseModel = BaseOf(job, step),
    };

    /// <summary>What the model, or that of a checkpoint, is called.</summary>
    public static ModelId NameOf(JobRecord job, string organization, int? step) => ModelId.Published(BaseOf(job, step).Value, organization, job.Suffix, job.Id, step);

    private static ModelId BaseOf(JobRecord job, int? step) => job.BaseOf(step is { } at ? job.StageOfStep(at) : job.Stages.Length - 1);
}
