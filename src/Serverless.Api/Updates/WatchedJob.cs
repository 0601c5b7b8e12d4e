using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Api.Wire;
using Serverless.Service.Jobs;

namespace Serverless.Api.Updates;

/// <summary>One job of which a stream sends every step and event.</summary>
internal sealed class WatchedJob(JobId id, UpdateFeed feed, UpdateCursor cursor)
{
    private byte[]? _shown;

    /// <summary>Whether the job goes on, so that looking again soon is worth it.</summary>
    public bool IsActive { get; private set; } = true;

    /// <summary>Sends what is new since the cursor: <c>job</c>, <c>reset</c>, <c>log</c> and <c>steps</c>; <c>missing</c> if there is no such job.</summary>
    public async Task WriteAsync(UpdateFrames frames, CancellationToken ct)
    {
        var news = await feed.JobAsync(id, ct);
        if (news.Data is not { } now)
        {
            if (IsActive)
                await frames.EventAsync("missing", JsonSerializer.SerializeToUtf8Bytes(new JsonObject { ["job"] = id.Value }, WireJson.Plain.JsonObject));
            IsActive = false;
            return;
        }
        IsActive = news.IsActive;
        if (now != _shown)
            await frames.EventAsync("job", now);
        _shown = now;
        foreach (var frame in await feed.TailAsync(id, news, cursor.Of(id), ct))
        {
            cursor.Set(id, frame.Place.Step, frame.Place.Events);
            await frames.EventAsync(frame.Name, frame.Data);
        }
    }
}
