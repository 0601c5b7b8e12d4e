using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Service.Jobs;

namespace Serverless.Api.Wire;

/// <summary>A job as a stream of updates has it: with what its owner asked for and has not happened yet, and how far training is.</summary>
internal static class JobUpdateObject
{
    /// <param name="progress">See <see cref="JobProgressObject"/>; null while nothing trains.</param>
    public static JsonObject Of(JobRecord job, JsonObject? progress, string organization)
    {
        var written = JsonSerializer.SerializeToNode(JobObject.Of(job, organization), WireJson.Plain.JobObject)!.AsObject();
        written["started_at"] = job.StartedAt?.ToUnixTimeSeconds();
        written["requested"] = job.Status.IsFinal() || job.Wish == JobWish.None ? null : job.Wish == JobWish.Pause ? "pause" : "cancel";
        written["progress"] = progress;
        return written;
    }
}
