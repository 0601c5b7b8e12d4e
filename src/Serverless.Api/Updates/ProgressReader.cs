using System.Text.Json.Nodes;
using Serverless.Api.Wire;
using Serverless.Service.Jobs;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Api.Updates;

/// <summary>How far the training of jobs is.</summary>
internal sealed class ProgressReader(JobLog log, JobPlans plans)
{
    /// <summary>The pace is that of this many steps.</summary>
    private const int PaceSteps = 20;

    /// <summary>Null for a job that does not train, or of which nothing is known yet.</summary>
    public async Task<JsonObject?> ReadAsync(JobRecord job, CancellationToken ct)
    {
        // Read each time: opening the data, a teacher's answers and an early end change how many steps there are.
        if (job.Status is not (JobStatus.Running or JobStatus.Paused) || await plans.FindAsync(job.StageId(), ct) is not { } plan)
            return null;
        var committed = (await log.ReadHeadAsync(job.Id, ct))?.Step ?? 0;
        var recent = await log.ListMetricsAsync(job.Id, Math.Max(0, committed - 1), ct);
        return JobProgressObject.Of([.. recent.TakeLast(PaceSteps)], committed, plan.LastStep + plan.StepsAfter);
    }
}
