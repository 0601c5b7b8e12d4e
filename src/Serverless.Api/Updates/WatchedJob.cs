using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Api.Wire;
using Serverless.Service.Jobs;

namespace Serverless.Api.Updates;

/// <summary>One job of which a stream sends every step and event.</summary>
internal sealed class WatchedJob(JobId id, JobCatalog catalog, JobLog log, ProgressReader progress, UpdateCursor cursor, string organization)
{
    /// <summary>A curve has no more points than this; of a longer run every n-th step is sent.</summary>
    private const int MostSteps = 3000;
    private const int PageEvents = 1000;
    private const int StepsPerFrame = 500;

    private string? _shown;

    /// <summary>Whether the job goes on, so that looking again soon is worth it.</summary>
    public bool IsActive { get; private set; } = true;

    /// <summary>Sends what is new since the cursor: <c>job</c>, <c>steps</c> and <c>log</c>; <c>missing</c> if there is no such job.</summary>
    public async Task WriteAsync(UpdateFrames frames, CancellationToken ct)
    {
        if (!id.IsWellFormed || await catalog.FindAsync(id, ct) is not { } job)
        {
            if (IsActive)
                await frames.EventAsync("missing", new JsonObject { ["job"] = id.Value });
            IsActive = false;
            return;
        }
        IsActive = !job.Status.IsFinal();
        var now = JobUpdateObject.Of(job, await progress.ReadAsync(job, ct), organization);
        var text = now.ToJsonString();
        if (text != _shown)
            await frames.EventAsync("job", now);
        _shown = text;
        await WriteEventsAsync(frames, ct);
        await WriteStepsAsync(frames, ct);
    }

    private async Task WriteEventsAsync(UpdateFrames frames, CancellationToken ct)
    {
        var (step, sent) = cursor.Of(id);
        var count = await log.CountEventsAsync(id, ct);
        if (count < sent)
        {
            // A killed trainer's last events were never committed: what was shown of them does not hold.
            cursor.Set(id, 0, 0);
            await frames.EventAsync("reset", new JsonObject { ["job"] = id.Value });
            (step, sent) = (0, 0);
        }
        if (count == sent)
            return;
        var events = new List<NumberedEvent>();
        for (JobEventId? after = null; ;)
        {
            var page = await log.ListEventsAsync(id, after, (int)Math.Clamp(count - sent, 1, PageEvents), ct);
            events.AddRange(page.Items.Where(entry => entry.Sequence >= sent));
            if (!page.HasMore || page.Items[^1].Sequence <= sent)
                break;
            after = page.Items[^1].Id;
        }
        if (events.Count == 0)
            return;
        events.Reverse();
        cursor.Set(id, step, events[^1].Sequence + 1);
        // Metrics are sent as steps, all of them instead of every tenth.
        var messages = events.Where(entry => entry.Event.Type == EventType.Message)
            .Select(entry => JsonSerializer.SerializeToNode(JobEventObject.Of(entry), WireJson.Plain.JobEventObject));
        await frames.EventAsync("log", new JsonObject { ["job"] = id.Value, ["events"] = new JsonArray([.. messages]) });
    }

    private async Task WriteStepsAsync(UpdateFrames frames, CancellationToken ct)
    {
        var (last, sent) = cursor.Of(id);
        var committed = (await log.ReadHeadAsync(id, ct))?.Step ?? 0;
        var every = (committed - last + MostSteps - 1) / MostSteps;
        // What is left out is not kept in memory either; the steps since the last commit are few.
        var kept = await log.ListMetricsAsync(
            id, last, ct, every <= 1 ? null : step => (step.Step - last - 1) % every == 0 || step.ValidLoss is not null || step.Step >= committed);
        foreach (var group in kept.Chunk(StepsPerFrame))
        {
            cursor.Set(id, group[^1].Step, sent);
            await frames.EventAsync("steps", new JsonObject { ["job"] = id.Value, ["steps"] = new JsonArray([.. group.Select(step => (JsonNode)StepObject.Of(step))]) });
        }
    }
}
