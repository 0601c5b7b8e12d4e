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
    /// <param name="state">What the job's log holds; null before its trainer began.</param>
    public async Task<JsonObject?> ReadAsync(JobRecord job, JobLogState? state, CancellationToken ct)
    {
        // Read each time: opening the data, a teacher's answers and an early end change how many steps there are.
        if (!MayHaveProgress(job) || await plans.FindAsync(job.StageId(), ct) is not { } plan)
            return null;
        IReadOnlyList<JobMetrics> recent = state switch
        {
            null => [],
            { Live.Metrics: { Length: > 0 } live } => live,
            _ => await log.ListMetricsAsync(job.Id, state, Math.Max(0, state.Head.Step - 1), ct),
        };
        return JobProgressObject.Of([.. recent.TakeLast(PaceSteps)], state?.Head.Step ?? 0, plan.LastStep + plan.StepsAfter);
    }

    /// <summary>Whether a job is in a state in which it trains, or stopped in the middle of it.</summary>
    public static bool MayHaveProgress(JobRecord job) => job.Status is JobStatus.Running or JobStatus.Paused;
}
