using System.Globalization;
using Serverless.Service.Jobs;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Api.Wire;

/// <summary>A checkpoint of a job that can be chatted with and trained on.</summary>
internal sealed record CheckpointObject
{
    private const int StepDigits = 8;

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
        Id = IdOf(job.Id, checkpoint.Step),
        CreatedAt = checkpoint.CreatedAt.ToUnixTimeSeconds(),
        FineTunedModelCheckpoint = JobModel.NameOf(job, organization, checkpoint.Step).Value,
        FineTuningJobId = job.Id.Value,
        StepNumber = checkpoint.Step,
        Metrics = CheckpointMetricsObject.Of(checkpoint),
    };

    /// <summary>The step in the id of one of the job's checkpoints; null if the text is no such id.</summary>
    public static int? StepIn(JobId job, string id) =>
        id.Length > StepDigits && int.TryParse(id.AsSpan(id.Length - StepDigits), NumberStyles.None, CultureInfo.InvariantCulture, out var step) && IdOf(job, step) == id
            ? step
            : null;

    private static string IdOf(JobId job, int step) => string.Create(CultureInfo.InvariantCulture, $"ftckpt_{job.Value[JobId.Prefix.Length..]}{step:D8}");
}
