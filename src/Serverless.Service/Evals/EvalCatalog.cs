using Serverless.Service.Catalog;
using Serverless.Service.Storage;

namespace Serverless.Service.Evals;

/// <summary>The records of all evaluations.</summary>
public sealed class EvalCatalog(BlobAccount account) : NewestFirstCatalog<EvalId, EvalRecord>(account.Catalog, "evals")
{
    /// <summary>The ids of all evaluations.</summary>
    internal Task<HashSet<EvalId>> IdsAsync(CancellationToken cancellationToken) => IdsAsync(text => new EvalId(text), cancellationToken);

    protected override EvalId IdOf(EvalRecord record) => record.Id;

    protected override string TextOf(EvalId id) => id.Value;
}
