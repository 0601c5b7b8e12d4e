using Azure;
using Azure.Storage.Blobs.Specialized;
using Microsoft.Extensions.Logging;
using Serverless.Service.Storage;

namespace Serverless.Service.Jobs;

/// <summary>
/// Keeps a lease by renewing it on a thread of its own, so that neither a busy thread pool nor a long step of training lets it run out.
/// While the storage is away the lease may run out without being lost: whoever held it last can still renew it as long as nobody else took it.
/// </summary>
internal sealed class LeaseRenewal : IAsyncDisposable
{
    /// <summary>What the storage grants; DESIGN.md section 6.</summary>
    public static readonly TimeSpan Duration = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan IntervalWhileAway = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    // What the storage's clock and ours may differ by within one lease, and the time an answer took on its way.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(2);

    private readonly BlobLeaseClient _lease;
    private readonly JobId _job;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _lost = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private long _renewedTicks;
    private DateTimeOffset _renewedTime;

    /// <param name="lease">A lease that was granted.</param>
    /// <param name="asked">When it was asked for, by <see cref="TimeProvider.GetTimestamp"/>.</param>
    /// <param name="askedTime">The same by the clock on the wall.</param>
    public LeaseRenewal(BlobLeaseClient lease, JobId job, long asked, DateTimeOffset askedTime, TimeProvider clock, ILogger logger)
    {
        (_lease, _job, _clock, _logger) = (lease, job, clock, logger);
        (_renewedTicks, _renewedTime) = (asked, askedTime);
        Lost = _lost.Token;
        new Thread(Run) { IsBackground = true, Name = $"lease {job}" }.Start();
    }

    /// <summary>Cancelled once the storage has said that the lease is somebody else's.</summary>
    public CancellationToken Lost { get; }

    /// <summary>
    /// Whether nobody else can hold the lease at this moment. Two clocks are asked: the steady one stands still while a machine sleeps, and
    /// the one on the wall can be set back.
    /// </summary>
    public bool IsCertain
    {
        get
        {
            if (Lost.IsCancellationRequested) return false;
            lock (_lock)
            {
                var steady = _clock.GetElapsedTime(_renewedTicks);
                var wall = _clock.GetUtcNow() - _renewedTime;
                return (steady > wall ? steady : wall) < Duration - Margin;
            }
        }
    }

    /// <summary>Returns when nobody else can hold the lease, renewing it first if need be.</summary>
    /// <exception cref="LeaseLostException">Somebody else holds or held it.</exception>
    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        if (IsCertain) return;
        if (Lost.IsCancellationRequested) throw new LeaseLostException(_job);
        await RenewAsync(cancellationToken);
    }

    /// <summary>Renews the lease now, with the storage client's own patience.</summary>
    /// <exception cref="LeaseLostException">Somebody else holds or held it.</exception>
    public async Task RenewAsync(CancellationToken cancellationToken)
    {
        try
        {
            var (ticks, time) = (_clock.GetTimestamp(), _clock.GetUtcNow());
            await _lease.RenewAsync(cancellationToken: cancellationToken);
            Renewed(ticks, time);
        }
        catch (RequestFailedException fault) when (IsLoss(fault))
        {
            MarkLost();
            throw new LeaseLostException(_job, fault);
        }
    }

    /// <summary>Records that somebody else has taken over.</summary>
    public void MarkLost()
    {
        if (Lost.IsCancellationRequested) return;
        _logger.LeaseLost(_job);
        _lost.Cancel();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _ended.Task;
        if (!Lost.IsCancellationRequested) await ReleaseAsync();
        _stop.Dispose();
    }

    private void Run()
    {
        var pause = Interval;
        while (!_stop.Token.WaitHandle.WaitOne(pause))
        {
            try
            {
                using var patience = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
                patience.CancelAfter(Patience);
                var (ticks, time) = (_clock.GetTimestamp(), _clock.GetUtcNow());
                _lease.Renew(cancellationToken: patience.Token);
                Renewed(ticks, time);
                pause = Interval;
            }
            catch (RequestFailedException fault) when (IsLoss(fault))
            {
                MarkLost();
                break;
            }
            catch (Exception fault) when (BlobFaults.IsAway(fault))
            {
                if (_stop.IsCancellationRequested) break;
                if (pause == Interval) _logger.LeaseNotRenewed(_job, BlobFaults.Reason(fault));
                pause = IntervalWhileAway;
            }
        }
        _ended.SetResult();
    }

    private void Renewed(long ticks, DateTimeOffset time)
    {
        lock (_lock)
        {
            if (ticks > _renewedTicks) (_renewedTicks, _renewedTime) = (ticks, time);
        }
    }

    private async Task ReleaseAsync()
    {
        try
        {
            using var patience = new CancellationTokenSource(Patience);
            await _lease.ReleaseAsync(cancellationToken: patience.Token);
        }
        catch (RequestFailedException fault) when (IsLoss(fault))
        {
            // Taken over in the meantime: nothing is left to release.
        }
        catch (Exception fault) when (BlobFaults.IsAway(fault))
        {
            _logger.LeaseNotReleased(_job, BlobFaults.Reason(fault));
        }
    }

    private static bool IsLoss(RequestFailedException fault) => fault.IsLeaseRefused() || fault.Status == 404;
}
