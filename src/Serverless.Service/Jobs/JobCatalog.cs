using Serverless.Service.Catalog;
using Serverless.Service.Storage;

namespace Serverless.Service.Jobs;

/// <summary>The records of all jobs.</summary>
public sealed class JobCatalog(BlobAccount account) : RecordCatalog<JobId, JobRecord>
{
    private readonly BlobAccount _account = account;
}
