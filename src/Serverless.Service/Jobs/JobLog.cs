#pragma warning disable CS9113 // filled in by the next commits
using Serverless.Service.Catalog;
using Serverless.Service.Storage;

namespace Serverless.Service.Jobs;

/// <summary>Events and metrics of jobs. What is written becomes lasting with the head that counts it.</summary>
public sealed class JobLog(BlobAccount account, TimeProvider clock)
{
    /// <summary>
    /// Writes events and metrics since the last commit as one segment each and returns the head to commit: <paramref name="next"/> with
    /// its events counted. Called again before that commit it overwrites them.
    /// </summary>
    public Task<JobHead> WriteSegmentsAsync(
        TrainerLease lease, JobHead next, IReadOnlyList<JobEvent> events, IReadOnlyList<JobMetrics> metrics, CancellationToken cancellationToken) =>
        throw new NotImplementedException();

    /// <summary>Appends events and commits, once per <paramref name="key"/>: a repeated activity finds the key and writes nothing.</summary>
    public Task AppendOnceAsync(TrainerLease lease, string key, IReadOnlyList<JobEvent> events, CancellationToken cancellationToken) =>
        throw new NotImplementedException();

    /// <summary>Removes what a trainer before wrote without committing it. A chunk begins with this.</summary>
    public Task RemoveUncommittedAsync(TrainerLease lease, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Shows what has happened since the last commit.</summary>
    public Task WriteLiveAsync(
        TrainerLease lease, IReadOnlyList<JobEvent> events, IReadOnlyList<JobMetrics> metrics, CancellationToken cancellationToken) =>
        throw new NotImplementedException();

    /// <summary>A page of events, newest first, those since the last commit included.</summary>
    /// <param name="after">The id of the last event of the page before; an id of another job begins at the newest.</param>
    public Task<Page<NumberedEvent>> ListEventsAsync(JobId id, JobEventId? after, int limit, CancellationToken cancellationToken) =>
        throw new NotImplementedException();

    /// <summary>The metrics of all steps after <paramref name="afterStep"/>, in order, those since the last commit included.</summary>
    public Task<IReadOnlyList<JobMetrics>> ListMetricsAsync(JobId id, int afterStep, CancellationToken cancellationToken) =>
        throw new NotImplementedException();

    /// <summary>The committed head, or null before anything was committed.</summary>
    public Task<JobHead?> ReadHeadAsync(JobId id, CancellationToken cancellationToken) => throw new NotImplementedException();
}
