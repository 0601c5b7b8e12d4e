using System.Text.Json;
using Serverless.Service.Pipeline;

namespace Serverless.Local.Journal;

/// <summary>What a workflow awaits once its recorded results are used up.</summary>
/// <param name="Step">The kind of request.</param>
/// <param name="Name">The activity's or the event's name; null for a sleep.</param>
/// <param name="Timeout">The longest time to wait or sleep; null for no limit.</param>
/// <param name="Input">An activity's input.</param>
/// <param name="Retry">An activity's retry schedule.</param>
public sealed record StepRequest(
    JournalStep Step, string? Name, TimeSpan? Timeout = null, JsonElement? Input = null, RetrySchedule? Retry = null);
