using System.Text.Json;
using Serverless.Service.Pipeline;

namespace Serverless.Local.Journal;

/// <summary>An activity as the journal runs it: with JSON for its input and result.</summary>
public sealed record JournalActivity(Func<JsonElement, ActivityScope, Task<JsonElement>> RunAsync)
{
    public static JournalActivity Of<TIn, TOut>(IActivity<TIn, TOut> activity) => new(async (input, scope) =>
        JsonSerializer.SerializeToElement(
            await activity.RunAsync(input.Deserialize<TIn>(PipelineJson.Options)!, scope), PipelineJson.Options));
}
