using Serverless.Local.Journal;
using Serverless.Service.Pipeline;

namespace Serverless.Local.Tests.Pipeline;

/// <summary>How much of a job is done in one go, where no byte may depend on that.</summary>
internal static class ChunkSizes
{
    private static readonly JournalSettings NoTime = new() { ActivityBudget = TimeSpan.FromMilliseconds(1) };

    /// <summary>All of it, one step, some steps, and whatever an activity without time gets done.</summary>
    public static IReadOnlyList<(PipelineSettings? Settings, JournalSettings? Journal)> Any { get; } =
        [(null, null), (new PipelineSettings { ChunkSteps = 1 }, null), (new PipelineSettings { ChunkSteps = 7 }, null), (null, NoTime)];

    /// <summary>All of it, and whatever an activity without time gets done: chunks end in the middle of steps as well.</summary>
    public static IReadOnlyList<JournalSettings?> Anywhere { get; } = [null, NoTime];
}
