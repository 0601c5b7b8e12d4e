using Serverless.Service.Jobs;
using Serverless.Service.Models;

namespace Serverless.Api.Wire;

/// <summary>A checkpoint of a job that can be chatted with and trained on.</summary>
internal sealed record CheckpointObject
{
    public string Object { get; } = "fine_tuning.job.checkpoint";

    public required string Id { get; init; }

    public required long CreatedAt { get; init; }

    /// <summary>The name under which the checkpoint answers.</summary>
    public required string FineTunedModelCheckpoint { get; init; }

    public required string FineTuningJobId { get; init; }

    public required int StepNumber { get; init; }

    public required CheckpointMetricsObject Metrics { get; init; }

    public static CheckpointObject Of(JobRecord job, CommittedCheckpoint checkpoint, string organization) => new()
    {
        Id = $"ftckpt_{job.Id.Value[JobId.Prefix.Length..]}{checkpoint.Step:D8}",
        CreatedAt = checkpoint.CreatedAt.ToUnixTimeSeconds(),
        FineTunedModelCheckpoint = ModelId.Published(job.BaseModel.Value, organization, job.Suffix, job.Id, checkpoint.Step).Value,
        FineTuningJobId = job.Id.Value,
        StepNumber = checkpoint.Step,
        Metrics = CheckpointMetricsObject.Of(checkpoint),
    };
}
