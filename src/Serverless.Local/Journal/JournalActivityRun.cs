using Serverless.Service.Pipeline;

namespace Serverless.Local.Journal;

/// <summary>
/// One call of an activity up to its result: waits for its turn, counts its starts, runs it again after failures as its schedule says,
/// and gives up when the process died in it too often.
/// </summary>
internal sealed class JournalActivityRun(JournalCell cell, StepRequest request, JournalRuntime runtime)
{
    private readonly string _name = request.Name!;

    private PendingStep Pending => cell.Record.Pending!;

    /// <param name="begun">Whether its first run is noted as started already, and holds a slot.</param>
    public async Task<JournalEntry> RunAsync(bool begun, CancellationToken stop)
    {
        for (var isNoted = begun; ; isNoted = false)
        {
            if (!isNoted)
            {
                await PauseAsync(stop);
                if (Pending.Starts >= runtime.Settings.MostDeaths)
                    return GivenUp();
                await runtime.Slots.WaitAsync(stop);
            }
            try
            {
                if (!isNoted)
                    await ChangeAsync(pending => pending with { Starts = pending.Starts + 1 }, stop);
                if (await TryAsync(stop) is { } entry)
                    return entry;
            }
            finally
            {
                runtime.Slots.Release();
            }
        }
    }

    /// <summary>What is left of the pause after a failure, if there was one.</summary>
    private async Task PauseAsync(CancellationToken stop)
    {
        if (Pending.Due is not { } due || request.Retry!.PauseAfter(Math.Max(Pending.Attempts, 1)) is not { } pause)
            return;
        await new JournalDeadline(runtime.Clock, due, pause).WaitAsync(new TaskCompletionSource().Task, stop);
    }

    private async Task<JournalEntry?> TryAsync(CancellationToken stop)
    {
        var scope = new ActivityScope(cell.Record.InstanceId, Now() + runtime.Settings.ActivityBudget, stop)
        {
            OnCommitted = () => CommittedAsync(stop),
        };
        try
        {
            var result = await runtime.Parts.Activity(_name).RunAsync(request.Input!.Value, scope);
            return new JournalEntry(JournalStep.Activity, _name, Now(), result);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await ChangeAsync(pending => pending with { Starts = pending.Starts - 1 }, stop);
            throw;
        }
        catch (JournalTakenOver)
        {
            throw;
        }
        catch (Exception exception)
        {
            return await FailedAsync(exception, stop);
        }
    }

    private async Task<JournalEntry?> FailedAsync(Exception exception, CancellationToken stop)
    {
        var attempts = Pending.Attempts + 1;
        if (request.Retry!.PauseAfter(attempts) is not { } pause)
        {
            runtime.Logger.ActivityFailed(exception, cell.Record.InstanceId, _name, attempts);
            return Failure(exception.Message);
        }
        runtime.Logger.ActivityRetried(exception, cell.Record.InstanceId, _name, attempts, pause);
        await ChangeAsync(
            pending => pending with { Attempts = attempts, Starts = pending.Starts - 1, Due = Now() + pause }, stop);
        return null;
    }

    private JournalEntry GivenUp()
    {
        runtime.Logger.ActivityGivenUp(cell.Record.InstanceId, _name, Pending.Starts);
        return Failure($"the process died {Pending.Starts} times in it without coming further");
    }

    private JournalEntry Failure(string reason) => new(JournalStep.Activity, _name, Now(), Failure: reason);

    private async Task CommittedAsync(CancellationToken stop)
    {
        if (Pending.Starts > 1)
            await ChangeAsync(pending => pending with { Starts = 1 }, stop);
    }

    private Task<JournalRecord> ChangeAsync(Func<PendingStep, PendingStep> change, CancellationToken stop) =>
        cell.ChangeAsync(record => record with { Pending = change(record.Pending!) }, stop);

    private DateTimeOffset Now() => runtime.Clock.GetUtcNow();
}
