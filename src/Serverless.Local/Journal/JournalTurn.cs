namespace Serverless.Local.Journal;

/// <summary>
/// Carries an instance from its recorded results to the next thing it awaits, or to its end. Pure: nothing is run, waited for or
/// written here.
/// </summary>
public static class JournalTurn
{
    /// <summary>Histories that still do not fit after so many restarts are a fault of the workflow's code.</summary>
    public const int MostRestarts = 20;

    /// <summary>A workflow that continues as new so often without awaiting anything would do so for ever.</summary>
    private const int MostRunsInOneTurn = 100;

    /// <returns>The instance with what it awaits in <see cref="JournalRecord.Pending"/> and as a request with its parameters, or ended
    /// and null.</returns>
    public static (JournalRecord Record, StepRequest? Request) Advance(JournalRecord record, JournalWorkflow workflow, DateTimeOffset now)
    {
        for (var run = 0; run < MostRunsInOneTurn && record.State == JournalState.Running; run++)
        {
            switch (workflow.Replay(record))
            {
                case ReplayOutcome.Awaits awaits:
                    var pending = record.Pending
                        ?? new PendingStep(awaits.Request.Step, awaits.Request.Name, now + awaits.Request.Timeout);
                    return (record with { Pending = pending, Status = awaits.Status }, awaits.Request);
                case ReplayOutcome.Ended ended:
                    return (record with { State = JournalState.Ended, Status = ended.Status }, null);
                case ReplayOutcome.Failed failed:
                    return (Failed(record, failed.Exception.ToString()) with { Status = failed.Status }, null);
                case ReplayOutcome.ContinuesAsNew next:
                    record = record with
                    {
                        Input = next.Input,
                        Generation = record.Generation + 1,
                        StartedAt = now,
                        History = [],
                        Pending = null,
                        Status = next.Status,
                    };
                    break;
                case ReplayOutcome.Mismatch mismatch when record.Restarts >= MostRestarts:
                    return (Failed(record, mismatch.Reason), null);
                case ReplayOutcome.Mismatch mismatch:
                    record = Restarted(record, workflow, mismatch.Reason, now);
                    break;
            }
        }
        if (record.State != JournalState.Running)
            return (record, null);
        return (Failed(record, $"the workflow continued as new {MostRunsInOneTurn} times without awaiting anything"), null);
    }

    private static JournalRecord Restarted(JournalRecord record, JournalWorkflow workflow, string reason, DateTimeOffset now)
    {
        try
        {
            return record with
            {
                Input = workflow.RestartInput(record.OriginalInput, reason),
                Generation = record.Generation + 1,
                Restarts = record.Restarts + 1,
                Mismatch = reason,
                StartedAt = now,
                History = [],
                Pending = null,
            };
        }
        catch (ReplayMismatch unreadable)
        {
            return Failed(record, unreadable.Message);
        }
    }

    private static JournalRecord Failed(JournalRecord record, string failure) =>
        record with { State = JournalState.Failed, Failure = failure, Pending = null };
}
