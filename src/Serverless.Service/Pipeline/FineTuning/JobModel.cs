using Serverless.Service.Jobs;
using Serverless.Service.Models;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>What a model that a job led to is called and recorded as, before it has files.</summary>
internal static class JobModel
{
    /// <param name="organization">The deployment's name, its owner.</param>
    /// <param name="step">The step of a checkpoint, or null for the job's final model.</param>
    public static ModelRecord Of(JobRecord job, string organization, DateTimeOffset createdAt, int? step = null) => new()
    {
        Id = ModelId.Published(job.BaseModel.Value, organization, job.Suffix, job.Id, step),
        Kind = step is null ? ModelKind.Published : ModelKind.Checkpoint,
        CreatedAt = createdAt,
        OwnedBy = organization,
        JobId = job.Id,
        BaseModel = job.BaseModel,
    };
}
