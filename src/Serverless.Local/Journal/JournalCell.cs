using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Azure;
using Serverless.Service.Pipeline;
using Serverless.Service.Storage;

namespace Serverless.Local.Journal;

/// <summary>
/// The record of one instance with its blob: changes come one after another, each is written before it counts, and none is written
/// over a version of another head.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "a semaphore whose wait handle nobody asks for holds nothing to release")]
internal sealed class JournalCell(JournalRecord record, ETag etag, JournalRuntime runtime)
{
    private readonly SemaphoreSlim _gate = new(1);
    private JournalRecord _record = record;
    private ETag _etag = etag;
    private bool _isLeft;

    /// <summary>The record as last written.</summary>
    public JournalRecord Record => Volatile.Read(ref _record);

    /// <summary>Changes the record, waiting for the storage to come back for as long as the head runs.</summary>
    /// <param name="change">May be called again, with the same record.</param>
    /// <param name="stop">Ends the waiting, not a write that is under way.</param>
    public async Task<JournalRecord> ChangeAsync(Func<JournalRecord, JournalRecord> change, CancellationToken stop)
    {
        while (true)
        {
            try
            {
                return await ChangeOnceAsync(change, CancellationToken.None);
            }
            catch (Exception failure) when (IsStorageAway(failure) && !stop.IsCancellationRequested)
            {
                runtime.Logger.StorageAway(Record.InstanceId, BlobFaults.Reason(failure), runtime.Settings.StoragePause);
                await Task.Delay(runtime.Settings.StoragePause, runtime.Clock, stop);
            }
        }
    }

    /// <summary>Changes the record if the storage takes it now.</summary>
    /// <exception cref="RequestFailedException">The storage did not take it; the record is as it was.</exception>
    /// <exception cref="JournalTakenOver">Another head runs this instance.</exception>
    /// <exception cref="OperationCanceledException">This head has left it, or the waiting ended.</exception>
    public async Task<JournalRecord> ChangeOnceAsync(Func<JournalRecord, JournalRecord> change, CancellationToken ct)
    {
        await _gate.WaitAsync(ct);
        try
        {
            if (_isLeft)
                throw new OperationCanceledException($"{Record.InstanceId} is left to the next head");
            var next = change(_record);
            if (ReferenceEquals(next, _record))
                return next;
            next = next with { Writer = runtime.Writer };
            _etag = await runtime.Store.ReplaceAsync(next, _etag, ct) ?? await OverwriteOwnAsync(next, ct);
            Volatile.Write(ref _record, next);
            return next;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Changes the record for the last time: whatever still runs of the instance in this process writes nothing any more.</summary>
    /// <param name="ct">Ends the waiting for the storage.</param>
    /// <returns>Whether the storage took the change.</returns>
    public async Task<bool> LeaveAsync(Func<JournalRecord, JournalRecord> change, CancellationToken ct)
    {
        try
        {
            await ChangeOnceAsync(change, ct);
            return true;
        }
        catch (Exception failure) when (failure is JournalTakenOver || IsStorageAway(failure))
        {
            return false;
        }
        finally
        {
            Volatile.Write(ref _isLeft, true);
        }
    }

    /// <summary>
    /// A write whose answer was lost leaves a version with an unknown ETag. It is this head's own, and never acknowledged to anybody,
    /// so it is written over, unless it is this very one; the answer to that write may be lost as well.
    /// </summary>
    private async Task<ETag> OverwriteOwnAsync(JournalRecord next, CancellationToken ct)
    {
        while (await runtime.Store.FindAsync(next.InstanceId, ct) is { } latest && latest.Record.Writer == runtime.Writer)
        {
            if (IsSame(latest.Record, next))
                return latest.ETag;
            if (await runtime.Store.ReplaceAsync(next, latest.ETag, ct) is { } etag)
                return etag;
        }
        throw new JournalTakenOver(next.InstanceId);
    }

    private static bool IsSame(JournalRecord one, JournalRecord other) => Written(one).AsSpan().SequenceEqual(Written(other));

    private static byte[] Written(JournalRecord record) => JsonSerializer.SerializeToUtf8Bytes(record, PipelineJson.Options);

    /// <summary>Nobody cancels a write, so one that was cancelled was not answered in time.</summary>
    private static bool IsStorageAway(Exception failure) => failure switch
    {
        AggregateException tries => tries.InnerExceptions.All(IsStorageAway),
        RequestFailedException or IOException or OperationCanceledException => true,
        _ => false,
    };
}
