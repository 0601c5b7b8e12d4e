using Microsoft.Extensions.Logging;
using Serverless.Service.Storage;

namespace Serverless.Service.Jobs;

/// <summary>The right to train a job and to write its <see cref="JobHead"/>.</summary>
public sealed class TrainerLease : IAsyncDisposable
{
    public JobId JobId => throw new NotImplementedException();

    /// <summary>What was committed last.</summary>
    public JobHead Head => throw new NotImplementedException();

    /// <summary>Cancelled when another trainer has taken over.</summary>
    public CancellationToken Lost => throw new NotImplementedException();

    /// <summary>Takes the lease, or returns null while somebody else holds it.</summary>
    public static Task<TrainerLease?> TryAcquireAsync(
        BlobAccount account, JobId id, TimeProvider clock, ILogger logger, CancellationToken cancellationToken) =>
        throw new NotImplementedException();

    /// <summary>Makes <paramref name="next"/> the job's head, in one write.</summary>
    /// <exception cref="LeaseLostException">Another trainer has taken over; nothing was written.</exception>
    public Task CommitAsync(JobHead next, CancellationToken cancellationToken) => throw new NotImplementedException();

    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
