using System.Text.Json;
using Serverless.Service.Pipeline;

namespace Serverless.Local.Journal;

/// <summary>A workflow as the journal runs it: with JSON for its input.</summary>
/// <param name="RunAsync">Runs it once from the top.</param>
/// <param name="RestartInput">Its input after a mismatch: from the original one and the reason.</param>
public sealed record JournalWorkflow(Func<IWorkflowContext, JsonElement, Task> RunAsync, Func<JsonElement, string, JsonElement> RestartInput)
{
    public static JournalWorkflow Of<TIn>(IWorkflow<TIn> workflow) => new(
        async (context, input) => await workflow.RunAsync(context, Read<TIn>(input)),
        (original, reason) => JsonSerializer.SerializeToElement(
            workflow.RestartInput(Read<TIn>(original), reason), PipelineJson.Options));

    /// <summary>Runs the workflow with the recorded results, as far as they go.</summary>
    public ReplayOutcome Replay(JournalRecord record)
    {
        var context = new ReplayContext(record);
        var run = RunAsync(context, record.Input);
        if (context.Mismatch is { } reason)
            return new ReplayOutcome.Mismatch(reason);
        if (run.IsFaulted)
        {
            return run.Exception.InnerException is ReplayMismatch unreadable
                ? new ReplayOutcome.Mismatch(unreadable.Message)
                : new ReplayOutcome.Failed(run.Exception.InnerException!, context.Status);
        }
        if (!run.IsCompleted)
        {
            return context.Request is { } request
                ? new ReplayOutcome.Awaits(request, context.Status)
                : Failed(context, "the workflow awaits something that is not its context's");
        }
        if (context.Request is { } left)
            return Failed(context, $"the workflow returned without awaiting {left.Name ?? "its sleep"}");
        if (context.IsReplaying || record.Pending is not null)
            return new ReplayOutcome.Mismatch($"the code of run {record.Generation} ends earlier than its record");
        return context.NextInput is { } next
            ? new ReplayOutcome.ContinuesAsNew(next, context.Status)
            : new ReplayOutcome.Ended(context.Status);
    }

    private static ReplayOutcome.Failed Failed(ReplayContext context, string message) =>
        new(new InvalidOperationException(message), context.Status);

    private static TIn Read<TIn>(JsonElement input)
    {
        try
        {
            return input.Deserialize<TIn>(PipelineJson.Options)!;
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException)
        {
            throw new ReplayMismatch($"the recorded input cannot be read as {typeof(TIn).Name}: {exception.Message}");
        }
    }
}
