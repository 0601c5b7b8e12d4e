using Serverless.Service.Catalog;
using Serverless.Service.Storage;

namespace Serverless.Service.Uploads;

/// <summary>The records of uploads in parts.</summary>
public sealed class UploadCatalog(BlobAccount account) : NewestFirstCatalog<UploadId, UploadRecord>(account.Catalog, "uploads")
{
    protected override UploadId IdOf(UploadRecord record) => record.Id;

    protected override string TextOf(UploadId id) => id.Value;
}
