using Serverless.Service.Catalog;
using Serverless.Service.Storage;

namespace Serverless.Service.Jobs;

/// <summary>The records of all jobs.</summary>
public sealed class JobCatalog(BlobAccount account) : NewestFirstCatalog<JobId, JobRecord>(account.Catalog, "jobs")
{
    protected override JobId IdOf(JobRecord record) => record.Id;

    protected override string TextOf(JobId id) => id.Value;
}
