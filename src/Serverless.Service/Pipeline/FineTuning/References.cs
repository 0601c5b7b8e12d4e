using Serverless.Service.Jobs;
using Serverless.Service.Storage;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>The reference scores of jobs that learn preferences.</summary>
public sealed class References(BlobAccount account)
{
    /// <summary>A job's scores as far as they are computed, or null if there are none.</summary>
    public async Task<ReferenceState?> FindAsync(StageId id, CancellationToken ct) => (await Blob(id).ReadAsync(ct))?.Value;

    public Task WriteAsync(StageId id, ReferenceState state, CancellationToken ct) => Blob(id).WriteAsync(state, ct);

    private JsonBlob<ReferenceState> Blob(StageId id) => new(account.Jobs.GetBlobClient($"{id}/reference.json"));
}
