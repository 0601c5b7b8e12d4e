using System.Collections.Concurrent;
using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using Microsoft.Extensions.Logging;
using Serverless.Service.Pipeline;

namespace Serverless.Local.Journal;

/// <summary>
/// The local engine of workflows: one process, any number of instances, durable in blobs. After a restart every unfinished instance goes
/// on from its record.
/// </summary>
public sealed class JournalWorkflowHost : IWorkflowStarter, IAsyncDisposable
{
    private static readonly TimeSpan s_forgetEvery = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<string, JournalInstance> _instances = new();
    private readonly ConcurrentDictionary<Task, bool> _runs = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _starting = new(1);
    private readonly JournalRuntime _runtime;
    private bool _resumed;
    private DateTimeOffset _forgetNext = DateTimeOffset.MinValue;

    /// <param name="container">Holds the journal; it exists.</param>
    /// <param name="parts">Every workflow and activity that records may name.</param>
    public JournalWorkflowHost(
        BlobContainerClient container, JournalParts parts, JournalSettings settings, TimeProvider clock, ILogger<JournalWorkflowHost> logger)
    {
        settings.Validate();
        _runtime = new JournalRuntime(
            new JournalStore(container), parts, settings, clock, logger, Guid.NewGuid().ToString("n"), new SemaphoreSlim(settings.ConcurrentActivities));
    }

    /// <summary>Goes on with every unfinished instance, and forgets those that ended long ago.</summary>
    public async Task ResumeAsync(CancellationToken ct)
    {
        Volatile.Write(ref _resumed, true);
        await foreach (var (id, runs, writtenAt) in _runtime.Store.ListAsync(ct))
        {
            if (runs)
                await ResumeAsync(id, ct);
            else
                await ForgetAsync(id, writtenAt, ct);
        }
        _forgetNext = _runtime.Clock.GetUtcNow() + s_forgetEvery;
    }

    /// <summary>Forgets instances that ended long ago, unless that has been done within the last hour; a head calls this from time to time.</summary>
    public async Task ForgetAsync(CancellationToken ct)
    {
        var now = _runtime.Clock.GetUtcNow();
        if (now < _forgetNext)
            return;
        await foreach (var (id, runs, writtenAt) in _runtime.Store.ListAsync(ct))
            if (!runs)
                await ForgetAsync(id, writtenAt, ct);
        _forgetNext = now + s_forgetEvery;
    }

    public async Task StartAsync<TIn>(WorkflowName<TIn> workflow, string instanceId, TIn input, CancellationToken ct)
    {
        if (!_runtime.Parts.TryWorkflow(workflow.Value, out _))
            throw new InvalidOperationException($"there is no workflow named {workflow.Value}");
        var element = JsonSerializer.SerializeToElement(input, PipelineJson.Options);
        var record = new JournalRecord
        {
            InstanceId = instanceId,
            Workflow = workflow.Value,
            OriginalInput = element,
            Input = element,
            StartedAt = _runtime.Clock.GetUtcNow(),
            Writer = _runtime.Writer,
        };
        await _starting.WaitAsync(ct);
        try
        {
            if (_instances.TryGetValue(instanceId, out var known) && known.Record.State == JournalState.Running)
                return;
            var etag = await _runtime.Store.CreateAsync(record, ct);
            if (etag is null && await _runtime.Store.FindAsync(instanceId, ct) is { Record.State: not JournalState.Running } ended)
                etag = await _runtime.Store.ReplaceAsync(record, ended.ETag, ct);
            etag ??= await OwnWriteAsync(instanceId, ct);
            if (etag is not null && Volatile.Read(ref _resumed))
                Launch(record, etag.Value);
        }
        finally
        {
            _starting.Release();
        }
    }

    public Task RaiseAsync(string instanceId, string eventName, CancellationToken ct) =>
        _instances.TryGetValue(instanceId, out var instance) ? instance.RaiseAsync(eventName, ct) : Task.CompletedTask;

    public async Task PurgeAsync(string instanceId, CancellationToken ct)
    {
        if (await _runtime.Store.FindAsync(instanceId, ct) is { Record.State: not JournalState.Running } ended)
            await _runtime.Store.DeleteAsync(instanceId, ended.ETag, ct);
    }

    /// <summary>An instance's record as last written, or null if none is known.</summary>
    public async Task<JournalRecord?> FindAsync(string instanceId, CancellationToken ct) =>
        _instances.TryGetValue(instanceId, out var instance)
            ? instance.Record
            : (await _runtime.Store.FindAsync(instanceId, ct))?.Record;

    /// <summary>Asks the running activities to return, and does not wait for them.</summary>
    public void BeginStop() => _ = _stop.CancelAsync();

    /// <summary>Asks the running activities to return, and waits until they have.</summary>
    /// <param name="ct">Ends the waiting; what still runs then counts as died.</param>
    public async Task StopAsync(CancellationToken ct)
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_runs.Keys).WaitAsync(ct);
    }

    /// <summary>
    /// Leaves what still runs after <see cref="BeginStop"/> to the next head, which goes on from what is committed, as after a kill; to be followed by the end of
    /// the process.
    /// </summary>
    /// <param name="ct">Ends the waiting for the storage, which is to know that nothing has died.</param>
    /// <returns>The instances and their activities.</returns>
    public async Task<IReadOnlyList<string>> LeaveAsync(CancellationToken ct)
    {
        var left = await Task.WhenAll(_instances.Values.Select(async instance => (instance.Record.InstanceId, Activity: await instance.LeaveAsync(ct))));
        return [.. left.Where(one => one.Activity is not null).Select(one => $"{one.InstanceId} ({one.Activity})").Order(StringComparer.Ordinal)];
    }

    public async ValueTask DisposeAsync() => await StopAsync(CancellationToken.None);

    /// <summary>The version that this host has just begun an instance with, by a write whose answer was lost; null if there is none.</summary>
    private async Task<ETag?> OwnWriteAsync(string instanceId, CancellationToken ct) =>
        await _runtime.Store.FindAsync(instanceId, ct) is { Record: { State: JournalState.Running, Pending: null, History.IsEmpty: true } begun } found && begun.Writer == _runtime.Writer
            ? found.ETag
            : null;

    private async Task ForgetAsync(string instanceId, DateTimeOffset endedAt, CancellationToken ct)
    {
        if (endedAt < _runtime.Clock.GetUtcNow() - _runtime.Settings.KeepEnded)
            await PurgeAsync(instanceId, ct);
    }

    private async Task ResumeAsync(string instanceId, CancellationToken ct)
    {
        if (await _runtime.Store.FindAsync(instanceId, ct) is not { Record.State: JournalState.Running } found)
            return;
        _runtime.Logger.Resumed(instanceId, found.Record.Workflow);
        Launch(found.Record, found.ETag);
    }

    private void Launch(JournalRecord record, ETag etag)
    {
        if (!_runtime.Parts.TryWorkflow(record.Workflow, out var workflow))
        {
            _runtime.Logger.WorkflowUnknown(record.InstanceId, record.Workflow);
            return;
        }
        var instance = new JournalInstance(record, etag, workflow, _runtime);
        var launched = _instances.AddOrUpdate(
            record.InstanceId, instance, (_, known) => known.Record.State == JournalState.Running ? known : instance);
        if (launched != instance)
            return;
        var run = Task.Run(() => RunAsync(instance));
        _runs.TryAdd(run, true);
        _ = run.ContinueWith(ended => _runs.TryRemove(ended, out _), TaskScheduler.Default);
    }

    /// <summary>The edge of the engine: whatever stops an instance is logged here and stops no other.</summary>
    private async Task RunAsync(JournalInstance instance)
    {
        try
        {
            await instance.RunAsync(_stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The next head goes on with it.
        }
        catch (JournalTakenOver)
        {
            _runtime.Logger.TakenOver(instance.Record.InstanceId);
        }
        catch (Exception exception)
        {
            _runtime.Logger.Broken(exception, instance.Record.InstanceId);
        }
        finally
        {
            _instances.TryRemove(new KeyValuePair<string, JournalInstance>(instance.Record.InstanceId, instance));
        }
    }
}
