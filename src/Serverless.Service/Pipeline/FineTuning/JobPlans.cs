using Serverless.Service.Jobs;
using Serverless.Service.Storage;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>The plans of jobs and of recipes' stages.</summary>
public sealed class JobPlans(BlobAccount account)
{
    /// <summary>A job's plan, or null before it was prepared.</summary>
    public async Task<JobPlan?> FindAsync(StageId id, CancellationToken ct) => (await Blob(id).ReadAsync(ct))?.Value;

    public Task WriteAsync(StageId id, JobPlan plan, CancellationToken ct) => Blob(id).WriteAsync(plan, ct);

    private JsonBlob<JobPlan> Blob(StageId id) => new(account.Jobs.GetBlobClient($"{id}/plan.json"));
}
