using Azure;

namespace Serverless.Local.Journal;

/// <summary>
/// Runs one workflow instance: replay, record what it awaits, wait for it, record the result, replay. Whatever it does next is written
/// before it is done, so that another process can go on from the record at any point.
/// </summary>
internal sealed class JournalInstance(JournalRecord record, ETag etag, JournalWorkflow workflow, JournalRuntime runtime)
{
    private readonly JournalCell _cell = new(record, etag, runtime);
    private TaskCompletionSource _raised = NewSignal();

    /// <summary>The record as last written.</summary>
    public JournalRecord Record => _cell.Record;

    /// <summary>Runs until the workflow ends or the head stops.</summary>
    /// <exception cref="OperationCanceledException">The head stops.</exception>
    /// <exception cref="JournalTakenOver">Another head runs this instance.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        var (request, begun) = await TurnAsync(null, stop);
        while (request is not null)
        {
            var entry = request.Step == JournalStep.Activity
                ? await new JournalActivityRun(_cell, request, runtime).RunAsync(begun, stop)
                : await WaitAsync(request, stop);
            (request, begun) = await TurnAsync(entry, stop);
        }
    }

    /// <summary>Adds an event; it is written when this returns. Nothing happens when the instance has ended.</summary>
    public async Task RaiseAsync(string eventName, CancellationToken ct)
    {
        await _cell.ChangeOnceAsync(
            now => now.State == JournalState.Running ? now with { Events = now.Events.Add(eventName) } : now, ct);
        Interlocked.Exchange(ref _raised, NewSignal()).SetResult();
    }

    /// <summary>
    /// Leaves the instance to the next head though an activity of it still runs. That is no death of the process, and is not counted as one if the storage takes
    /// the note in time.
    /// </summary>
    /// <returns>The activity that still runs; null if none does.</returns>
    public async Task<string?> LeaveAsync(CancellationToken ct)
    {
        if (Record.Pending is not { Starts: > 0 } left)
            return null;
        await _cell.LeaveAsync(now => now.Pending is { Starts: > 0 } pending ? now with { Pending = pending with { Starts = pending.Starts - 1 } } : now, ct);
        return left.Name;
    }

    /// <summary>Records what came and finds what is awaited next. An activity that need not wait for its turn is noted as started in the same write.</summary>
    /// <returns>What is awaited, null at the end; and whether it is an activity that is noted so and holds a slot.</returns>
    private async Task<(StepRequest? Request, bool Begun)> TurnAsync(JournalEntry? entry, CancellationToken stop)
    {
        StepRequest? request = null;
        var (hasSlot, begins) = (await runtime.Slots.WaitAsync(TimeSpan.Zero, CancellationToken.None), false);
        try
        {
            var restarts = Record.Restarts;
            var after = await _cell.ChangeAsync(
                now =>
                {
                    var settled = entry is null ? now : Settled(now, entry);
                    (now, request) = JournalTurn.Advance(settled, workflow, runtime.Clock.GetUtcNow());
                    // What was awaited before may have died, failed or be early.
                    begins = hasSlot && settled.Pending is null && request?.Step == JournalStep.Activity;
                    return begins ? now with { Pending = now.Pending! with { Starts = 1 } } : now;
                },
                stop);
            if (after.Restarts > restarts)
                runtime.Logger.Restarted(after.InstanceId, after.Mismatch!);
            if (after.State == JournalState.Failed)
                runtime.Logger.WorkflowFailed(after.InstanceId, after.Workflow, after.Failure!);
            hasSlot &= !begins;
            return (request, begins);
        }
        finally
        {
            if (hasSlot)
                runtime.Slots.Release();
        }
    }

    private static JournalRecord Settled(JournalRecord now, JournalEntry entry) => now with
    {
        History = now.History.Add(entry),
        Pending = null,
        Events = entry is { Step: JournalStep.Wait, EventCame: true } ? now.Events.Remove(entry.Name!) : now.Events,
    };

    private async Task<JournalEntry> WaitAsync(StepRequest request, CancellationToken stop)
    {
        var deadline = new JournalDeadline(runtime.Clock, Record.Pending!.Due, request.Timeout ?? TimeSpan.Zero);
        while (true)
        {
            var raised = Volatile.Read(ref _raised).Task;
            var came = request.Step == JournalStep.Wait && Record.Events.Contains(request.Name!);
            if (came || deadline.IsOver)
                return new JournalEntry(request.Step, request.Name, runtime.Clock.GetUtcNow(), EventCame: came);
            await deadline.WaitAsync(raised, stop);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
