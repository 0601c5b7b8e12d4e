using Serverless.Service.Catalog;
using Serverless.Service.Storage;

namespace Serverless.Service.Files;

/// <summary>The records of all files.</summary>
public sealed class FileCatalog(BlobAccount account) : RecordCatalog<FileId, FileRecord>
{
    private readonly BlobAccount _account = account;
}
