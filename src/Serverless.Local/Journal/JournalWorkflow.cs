using System.Text.Json;
using Serverless.Service.Pipeline;

namespace Serverless.Local.Journal;

/// <summary>A workflow as the journal runs it: with JSON for its input.</summary>
/// <param name="RunAsync">Runs it once from the top.</param>
/// <param name="RestartInput">Its input after a mismatch: from the original one and the reason.</param>
public sealed record JournalWorkflow(Func<IWorkflowContext, JsonElement, Task> RunAsync, Func<JsonElement, string, JsonElement> RestartInput)
{
    public static JournalWorkflow Of<TIn>(IWorkflow<TIn> workflow) => new(
        (context, input) => workflow.RunAsync(context, Read<TIn>(input)),
        (original, reason) => JsonSerializer.SerializeToElement(
            workflow.RestartInput(Read<TIn>(original), reason), PipelineJson.Options));

    /// <summary>Runs the workflow with the recorded results, as far as they go.</summary>
    public ReplayOutcome Replay(JournalRecord record)
    {
        var context = new ReplayContext(record);
        Task run;
        try
        {
            run = RunAsync(context, record.Input);
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException)
        {
            return new ReplayOutcome.Mismatch($"the recorded input cannot be read: {exception.Message}");
        }
        if (context.Mismatch is { } reason)
            return new ReplayOutcome.Mismatch(reason);
        if (run.IsFaulted)
            return new ReplayOutcome.Failed(run.Exception.InnerException!, context.Status);
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

    private static TIn Read<TIn>(JsonElement input) => input.Deserialize<TIn>(PipelineJson.Options)!;
}
