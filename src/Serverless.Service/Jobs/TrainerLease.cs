using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Microsoft.Extensions.Logging;
using Serverless.Service.Storage;

namespace Serverless.Service.Jobs;

/// <summary>
/// The right to train a job and to write its <see cref="JobHead"/>: a lease of 15 seconds on <c>head.json</c>, renewed until disposed. At most
/// one trainer can commit. One that was stalled while another took over cannot: each commit carries lease id and ETag.
/// </summary>
public sealed class TrainerLease : IAsyncDisposable
{
    private readonly HeadBlob _blob;
    private readonly string _leaseId;
    private readonly LeaseRenewal _renewal;
    private readonly ProcessIdentity? _owner;
    private readonly TimeProvider _clock;
    private readonly SemaphoreSlim _turn = new(1);
    private ETag _etag;
    private long _countedTo;

    private TrainerLease(
        JobId id, HeadBlob blob, string leaseId, LeaseRenewal renewal, ProcessIdentity? owner, TimeProvider clock, JobHead head, ETag etag)
    {
        (JobId, _blob, _leaseId, _renewal, _owner, _clock, Head, _etag) = (id, blob, leaseId, renewal, owner, clock, head, etag);
        _countedTo = clock.GetTimestamp();
    }

    public JobId JobId { get; }

    /// <summary>What was committed last.</summary>
    public JobHead Head { get; private set; }

    /// <summary>The seconds of work that are committed, and those since then.</summary>
    public double Seconds => Head.Seconds + _clock.GetElapsedTime(_countedTo).TotalSeconds;

    /// <summary>Cancelled when another trainer has taken over. A storage that is away does not cancel it.</summary>
    public CancellationToken Lost => _renewal.Lost;

    /// <summary>
    /// Takes the lease, creating an empty head where there is none. The lease of a process of this machine that is dead is broken at once.
    /// </summary>
    /// <returns>The lease, or null while somebody else holds it.</returns>
    public static Task<TrainerLease?> TryAcquireAsync(
        BlobAccount account, JobId id, TimeProvider clock, ILogger logger, CancellationToken cancellationToken) =>
        TryAcquireAsync(account, id, ProcessIdentity.Current, clock, logger, cancellationToken);

    /// <summary>The same for a process that need not be this one.</summary>
    internal static async Task<TrainerLease?> TryAcquireAsync(
        BlobAccount account, JobId id, ProcessIdentity? owner, TimeProvider clock, ILogger logger, CancellationToken cancellationToken)
    {
        var blob = new HeadBlob(account, id);
        var leaseId = Guid.NewGuid().ToString();
        var lease = blob.Blob.GetBlobLeaseClient(leaseId);
        var (asked, askedTime) = (clock.GetTimestamp(), clock.GetUtcNow());
        if (!await TryTakeAsync(blob, lease, id, logger, cancellationToken)) return null;
        var stored = await blob.ReadAsync(cancellationToken) ?? throw new InvalidOperationException($"{blob.Blob.Name} was removed.");
        var renewal = new LeaseRenewal(lease, id, asked, askedTime, clock, logger);
        var trainer = new TrainerLease(id, blob, leaseId, renewal, owner, clock, stored.Head, stored.ETag);
        try
        {
            // The first write under the lease makes this process known as its owner, and shows that no other trainer was faster.
            await trainer.CommitAsync(stored.Head, cancellationToken);
            return trainer;
        }
        catch (LeaseLostException)
        {
            await trainer.DisposeAsync();
            return null;
        }
        catch
        {
            await trainer.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes <paramref name="next"/> the job's head, in one write, and counts the time since the last one in <see cref="JobHead.Seconds"/>.</summary>
    /// <exception cref="LeaseLostException">Another trainer has taken over; nothing was written.</exception>
    public async Task CommitAsync(JobHead next, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var now = _clock.GetTimestamp();
            var worked = _clock.GetElapsedTime(_countedTo, now);
            next = next with { Seconds = Head.Seconds + worked.TotalSeconds };
            _etag = await TryWriteAsync(next, NewCommit(), cancellationToken);
            (Head, _countedTo) = (next, now);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Returns when no other trainer can hold the lease at this moment; asks the storage if the last answer is too old to tell.</summary>
    /// <exception cref="LeaseLostException">Another trainer has taken over.</exception>
    public Task EnsureHeldAsync(CancellationToken cancellationToken) => _renewal.EnsureAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _renewal.DisposeAsync();
        _turn.Dispose();
    }

    private static async Task<bool> TryTakeAsync(
        HeadBlob blob, BlobLeaseClient lease, JobId id, ILogger logger, CancellationToken cancellationToken)
    {
        var broken = false;
        while (true)
        {
            try
            {
                await lease.AcquireAsync(LeaseRenewal.Duration, cancellationToken: cancellationToken);
                return true;
            }
            catch (RequestFailedException fault) when (fault.IsMissing())
            {
                await blob.CreateAsync(cancellationToken);
            }
            catch (RequestFailedException fault) when (fault.IsLeaseRefused())
            {
                if (broken || !await TryBreakAsync(blob, lease, id, logger, cancellationToken)) return false;
                broken = true;
            }
        }
    }

    /// <summary>Breaks the lease if its owner is dead. The ETag makes sure that nobody has become its owner since that was found.</summary>
    private static async Task<bool> TryBreakAsync(
        HeadBlob blob, BlobLeaseClient lease, JobId id, ILogger logger, CancellationToken cancellationToken)
    {
        if (await blob.ReadAsync(cancellationToken) is not { Owner: { IsDeadHere: true } owner } stored) return false;
        try
        {
            await lease.BreakAsync(TimeSpan.Zero, new BlobRequestConditions { IfMatch = stored.ETag }, cancellationToken);
            logger.LeaseBroken(id, owner.ProcessId);
            return true;
        }
        catch (RequestFailedException fault) when (fault.IsLeaseRefused())
        {
            return true;
        }
        catch (RequestFailedException fault) when (fault.IsConditionNotMet())
        {
            return false;
        }
    }

    private async Task<ETag> TryWriteAsync(JobHead next, string commit, CancellationToken cancellationToken)
    {
        var renewed = false;
        while (true)
        {
            await EnsureHeldAsync(cancellationToken);
            try
            {
                var conditions = new BlobRequestConditions { LeaseId = _leaseId, IfMatch = _etag };
                return await _blob.WriteAsync(next, _owner, commit, conditions, cancellationToken);
            }
            catch (RequestFailedException fault) when (fault.IsLeaseRefused() && !renewed)
            {
                // It ran out while the storage was away; unless somebody took it, it can be renewed.
                await _renewal.RenewAsync(cancellationToken);
                renewed = true;
            }
            catch (RequestFailedException fault) when (fault.IsConditionNotMet() || fault.IsLeaseRefused())
            {
                // Written after all by a try whose answer was lost?
                if (await _blob.ReadAsync(cancellationToken) is { } stored && stored.Commit == commit) return stored.ETag;
                _renewal.MarkLost();
                throw new LeaseLostException(JobId, fault);
            }
        }
    }

    private static string NewCommit() => Guid.NewGuid().ToString("N");
}
