using Serverless.Service.Jobs;
using Serverless.Service.Storage;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>The evaluations of jobs.</summary>
public sealed class JobEvaluations(BlobAccount account)
{
    /// <summary>A job's evaluation as far as it has come, or null if it has none.</summary>
    public async Task<JobEvaluation?> FindAsync(JobId id, CancellationToken ct) => (await Blob(id).ReadAsync(ct))?.Value;

    public Task WriteAsync(JobId id, JobEvaluation evaluation, CancellationToken ct) => Blob(id).WriteAsync(evaluation, ct);

    private JsonBlob<JobEvaluation> Blob(JobId id) => new(account.Jobs.GetBlobClient($"{id}/evaluation.json"));
}
