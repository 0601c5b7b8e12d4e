using Serverless.Service.Catalog;
using Serverless.Service.Storage;

namespace Serverless.Service.Models;

/// <summary>The records of all models.</summary>
public sealed class ModelCatalog(BlobAccount account) : RecordCatalog<ModelId, ModelRecord>
{
    private readonly BlobAccount _account = account;
}
