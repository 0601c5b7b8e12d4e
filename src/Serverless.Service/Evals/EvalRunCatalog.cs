using Serverless.Service.Catalog;
using Serverless.Service.Storage;

namespace Serverless.Service.Evals;

/// <summary>The records of the runs of all evaluations.</summary>
public sealed class EvalRunCatalog(BlobAccount account) : NewestFirstCatalog<EvalRunId, EvalRunRecord>(account.Catalog, "eval-runs")
{
    protected override EvalRunId IdOf(EvalRunRecord record) => record.Id;

    protected override string TextOf(EvalRunId id) => id.Value;
}
