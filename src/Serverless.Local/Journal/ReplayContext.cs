using System.Text.Json;
using Serverless.Service.Pipeline;

namespace Serverless.Local.Journal;

/// <summary>
/// Hands a workflow its recorded results in order, and notes the first thing it asks for that is not recorded. The task of that request
/// never ends: when its result is there, the workflow is run again from the top.
/// </summary>
public sealed class ReplayContext(JournalRecord record) : IWorkflowContext
{
    private int _next;

    public string InstanceId => record.InstanceId;

    public DateTimeOffset CurrentUtcTime { get; private set; } = record.StartedAt;

    public bool IsReplaying => _next < record.History.Length;

    /// <summary>What the workflow awaits, once it awaits something that is not recorded.</summary>
    public StepRequest? Request { get; private set; }

    /// <summary>What the workflow continues as new with, once it does.</summary>
    public JsonElement? NextInput { get; private set; }

    /// <summary>The status it set last.</summary>
    public string? Status { get; private set; } = record.Status;

    /// <summary>What did not fit, once something did not; set even if the workflow's code caught the exception.</summary>
    public string? Mismatch { get; private set; }

    public Task<TOut> CallAsync<TIn, TOut>(ActivityName<TIn, TOut> activity, TIn input, RetrySchedule retry)
    {
        if (Recorded(JournalStep.Activity, activity.Value) is not { } entry)
            return Await<TOut>(new StepRequest(JournalStep.Activity, activity.Value, null, Element(input), retry));
        if (entry.Failure is { } failure)
            return Task.FromException<TOut>(new ActivityFailure(activity.Value, failure));
        return Task.FromResult(Result<TOut>(activity.Value, entry.Result));
    }

    public Task<bool> WaitAsync(string eventName, TimeSpan? timeout = null) =>
        Recorded(JournalStep.Wait, eventName) is { } entry
            ? Task.FromResult(entry.EventCame)
            : Await<bool>(new StepRequest(JournalStep.Wait, eventName, timeout));

    public Task SleepAsync(TimeSpan duration) =>
        Recorded(JournalStep.Sleep, null) is not null
            ? Task.CompletedTask
            : Await<bool>(new StepRequest(JournalStep.Sleep, null, duration));

    public void SetStatus(string status) => Status = status;

    public void ContinueAsNew<TIn>(TIn input)
    {
        if (Request is not null || NextInput is not null)
            throw new InvalidOperationException("the workflow continues as new while something else is under way");
        NextInput = Element(input);
    }

    private JournalEntry? Recorded(JournalStep step, string? name)
    {
        if (Request is not null)
            throw new InvalidOperationException("the workflow awaits two things at a time");
        if (NextInput is not null)
            throw new InvalidOperationException("the workflow goes on after it continued as new");
        var entry = IsReplaying ? record.History[_next++] : null;
        var found = entry is null ? (record.Pending?.Step, record.Pending?.Name) : (entry.Step, entry.Name);
        if (found.Step is { } recordedStep && (recordedStep, found.Name) != (step, name))
            throw Differs($"the code asks for {Described(step, name)}, the record holds {Described(recordedStep, found.Name)}");
        if (entry is not null)
            CurrentUtcTime = entry.At;
        return entry;
    }

    private TOut Result<TOut>(string activity, JsonElement? result)
    {
        try
        {
            return (result ?? default).Deserialize<TOut>(PipelineJson.Options)!;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or NotSupportedException)
        {
            throw Differs($"the recorded result of {activity} cannot be read as {typeof(TOut).Name}: {exception.Message}");
        }
    }

    private ReplayMismatch Differs(string reason)
    {
        Mismatch = $"step {_next} of run {record.Generation}: {reason}";
        return new ReplayMismatch(Mismatch);
    }

    private Task<TOut> Await<TOut>(StepRequest request)
    {
        Request = request;
        return new TaskCompletionSource<TOut>().Task;
    }

    private static string Described(JournalStep step, string? name) =>
        name is null ? $"a {step}".ToLowerInvariant() : $"{step} {name}";

    private static JsonElement Element<T>(T value) => JsonSerializer.SerializeToElement(value, PipelineJson.Options);
}
