using Serverless.Learning.Evaluation;
using Serverless.Service.Jobs;
using Serverless.Service.Storage;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>How far jobs' merged models agree with their trained ones; <c>jobs/&lt;id&gt;/merge.json</c>.</summary>
public sealed class JobMerges(BlobAccount account)
{
    /// <summary>The finding about a job's merged model, or null before it is merged.</summary>
    public async Task<MergeAgreement?> FindAsync(JobId id, CancellationToken ct) => (await Blob(id).ReadAsync(ct))?.Value;

    public Task WriteAsync(JobId id, MergeAgreement agreement, CancellationToken ct) => Blob(id).WriteAsync(agreement, ct);

    private JsonBlob<MergeAgreement> Blob(JobId id) => new(account.Jobs.GetBlobClient($"{id}/merge.json"));
}
