#pragma warning disable CS9113 // filled in by the next commits
using Serverless.Service.Storage;

namespace Serverless.Service.Models;

/// <summary>Folders of models in blob storage, and copies of them on this machine.</summary>
public sealed class ModelStore(BlobAccount account, ModelCatalog catalog, TimeProvider clock)
{
    /// <summary>A local folder with the model's files, checked against their hashes; made once per content below <paramref name="cacheFolder"/>.</summary>
    public Task<string> DownloadAsync(ModelRecord model, string cacheFolder, CancellationToken cancellationToken) =>
        throw new NotImplementedException();

    /// <summary>
    /// Uploads <paramref name="localFolder"/> and then writes <paramref name="model"/>, completed, into the catalog. Repeating it after an
    /// interruption ends with the same record.
    /// </summary>
    public Task<ModelRecord> PublishAsync(string localFolder, ModelRecord model, CancellationToken cancellationToken) =>
        throw new NotImplementedException();

    /// <summary>Publishes <paramref name="localFolder"/> as the base <paramref name="name"/> unless the catalog has that very content under it.</summary>
    public Task<ModelRecord> SeedBaseAsync(string name, string localFolder, CancellationToken cancellationToken) =>
        throw new NotImplementedException();

    /// <summary>Removes record and folder; false when there was no such model.</summary>
    public Task<bool> DeleteAsync(ModelId id, CancellationToken cancellationToken) => throw new NotImplementedException();
}
