using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Api.Wire;
using Serverless.Service.Jobs;

namespace Serverless.Api.Updates;

/// <summary>A frame about a job's steps or events, and how far whoever got it has come.</summary>
/// <param name="Data">JSON in UTF-8.</param>
internal sealed record JobTailFrame(string Name, byte[] Data, (int Step, long Events) Place)
{
    /// <summary>A curve has no more points than this; of a longer run every n-th step is sent.</summary>
    private const int MostSteps = 3000;
    private const int PageEvents = 1000;
    private const int StepsPerFrame = 500;

    /// <summary>What a job's log has behind a place, in order: <c>reset</c> if the place does not hold any more, <c>log</c> and <c>steps</c>.</summary>
    /// <param name="state">The log as it was read a moment ago.</param>
    public static async Task<IReadOnlyList<JobTailFrame>> ListAsync(JobLog log, JobId id, JobLogState state, (int Step, long Events) place, CancellationToken ct)
    {
        // Whoever was told by another process may know more than what was read a moment ago.
        if (IsBehind(state, place))
            state = await log.ReadStateAsync(id, ct) ?? state;
        var frames = new List<JobTailFrame>();
        if (IsBehind(state, place))
        {
            // A killed trainer's last steps and events were never committed: what was shown of them does not hold.
            place = default;
            frames.Add(Of("reset", new JsonObject { ["job"] = id.Value }, place));
        }
        if (state.Events > place.Events)
            frames.Add(await EventsAsync(log, id, state, place, ct));
        frames.AddRange(await StepsAsync(log, id, state, frames is [.., var last] ? last.Place : place, ct));
        return frames;
    }

    private static bool IsBehind(JobLogState state, (int Step, long Events) place) => state.Events < place.Events || state.LastStep < place.Step;

    private static async Task<JobTailFrame> EventsAsync(JobLog log, JobId id, JobLogState state, (int Step, long Events) place, CancellationToken ct)
    {
        var events = new List<NumberedEvent>();
        for (JobEventId? after = null; ;)
        {
            var page = await log.ListEventsAsync(id, state, after, (int)Math.Clamp(state.Events - place.Events, 1, PageEvents), ct);
            events.AddRange(page.Items.Where(entry => entry.Sequence >= place.Events));
            if (!page.HasMore || page.Items[^1].Sequence <= place.Events)
                break;
            after = page.Items[^1].Id;
        }
        events.Reverse();
        // Metrics are sent as steps, all of them instead of every tenth.
        var messages = events.Where(entry => entry.Event.Type == EventType.Message)
            .Select(entry => JsonSerializer.SerializeToNode(JobEventObject.Of(entry), WireJson.Plain.JobEventObject));
        return Of("log", new JsonObject { ["job"] = id.Value, ["events"] = new JsonArray([.. messages]) }, (place.Step, events[^1].Sequence + 1));
    }

    private static async Task<IEnumerable<JobTailFrame>> StepsAsync(JobLog log, JobId id, JobLogState state, (int Step, long Events) place, CancellationToken ct)
    {
        var (newest, last) = (state.LastStep, place.Step);
        var every = (newest - last + MostSteps - 1) / MostSteps;
        // What is left out of the segments is not kept in memory either.
        var kept = await log.ListMetricsAsync(
            id, state, last, ct, every <= 1 ? null : step => (step.Step - last - 1) % every == 0 || step.ValidLoss is not null || step.Step == newest);
        return kept.Chunk(StepsPerFrame).Select(group => Of(
            "steps", new JsonObject { ["job"] = id.Value, ["steps"] = new JsonArray([.. group.Select(step => (JsonNode)StepObject.Of(step))]) }, (group[^1].Step, place.Events)));
    }

    private static JobTailFrame Of(string name, JsonObject data, (int Step, long Events) place) =>
        new(name, JsonSerializer.SerializeToUtf8Bytes(data, WireJson.Plain.JsonObject), place);
}
