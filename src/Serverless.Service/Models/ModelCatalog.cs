using System.Collections.Immutable;
using Azure.Storage.Blobs.Models;
using Serverless.Service.Catalog;
using Serverless.Service.Storage;

namespace Serverless.Service.Models;

/// <summary>The records of all models.</summary>
public sealed class ModelCatalog(BlobAccount account) : RecordCatalog<ModelId, ModelRecord>(account.Catalog, "models")
{
    /// <summary>All models that <paramref name="filter"/> keeps, newest first. Names do not sort by time, and the wire's list has no pages.</summary>
    public async Task<ImmutableArray<ModelRecord>> ListAsync(Func<ModelRecord, bool>? filter, CancellationToken cancellationToken)
    {
        var models = new List<ModelRecord>();
        var options = new GetBlobsOptions { Prefix = Prefix, Traits = BlobTraits.Metadata };
        await foreach (var answer in Container.GetBlobsAsync(options, cancellationToken).AsPages())
            foreach (var record in await Task.WhenAll(answer.Values.Select(entry => RecordOfAsync(entry, cancellationToken))))
                if (record is not null && filter?.Invoke(record) != false) models.Add(record);
        return [.. models.OrderByDescending(model => model.CreatedAt).ThenBy(model => model.Id.Value, StringComparer.Ordinal)];
    }

    protected override ModelId IdOf(ModelRecord record) => record.Id;

    protected override string TextOf(ModelId id) => id.Value;
}
