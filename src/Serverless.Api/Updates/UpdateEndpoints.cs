using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Serverless.Api.Access;
using Serverless.Api.Requests;
using Serverless.Api.Wire;
using Serverless.Service.Jobs;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Api.Updates;

/// <summary>
/// What the dashboard shows, as it changes: the newest jobs, and every step and event of those that the query names. A stream ends within
/// the platform's limits; a browser connects again by itself and goes on where it was by <c>Last-Event-ID</c>.
/// </summary>
internal sealed class UpdateEndpoints(
    JobCatalog catalog, JobLog log, JobPlans plans, PipelineSettings pipeline, ApiSettings settings, StreamPlaces places, TimeProvider time,
    IHostApplicationLifetime lifetime)
{
    private const int ListedJobs = 50;
    private const int MostWatched = 12;
    private const int RestingTicks = 5;

    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);

    public async Task StreamAsync(HttpContext context)
    {
        var ct = context.RequestAborted;
        string[] ids = [.. context.Request.Query["job"].OfType<string>().Distinct()];
        if (ids.Length > MostWatched)
            throw Refusal.ArrayTooLong("job", MostWatched, ids.Length);
        // EventSource sends the header only when it connects again; a page that opens a new one says it in the query.
        var last = context.Request.Headers["Last-Event-ID"].ToString();
        var cursor = UpdateCursor.Parse(last.Length > 0 ? last : PageQuery.Single(context.Request, "after"));
        var progress = new ProgressReader(log, plans);
        WatchedJob[] watched = [.. ids.Select(id => new WatchedJob(new JobId(id), catalog, log, progress, cursor, pipeline.Organization))];
        using var place = places.Enter(context);
        var frames = new UpdateFrames(context, cursor);
        await frames.BeginAsync();
        string? listed = null;
        var (begun, spoken) = (time.GetTimestamp(), time.GetTimestamp());
        for (var tick = 0; ; tick++)
        {
            if (tick % 2 == 0)
                listed = await WriteListAsync(frames, progress, listed, ct);
            foreach (var job in watched)
                if (job.IsActive || tick % RestingTicks == 0)
                    await job.WriteAsync(frames, ct);
            if (frames.TakeWritten())
                spoken = time.GetTimestamp();
            else if (time.GetElapsedTime(spoken) >= Silence)
                await frames.CommentAsync();
            var left = settings.MaxGenerationTime - time.GetElapsedTime(begun);
            if (left <= TimeSpan.Zero)
                return;
            if (!await WaitAsync(left < Tick ? left : Tick, ct))
                return;
        }
    }

    /// <summary>Waits; false when the service ends, which an open stream must not hold up.</summary>
    private async Task<bool> WaitAsync(TimeSpan pause, CancellationToken ct)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, lifetime.ApplicationStopping);
        try
        {
            await Task.Delay(pause, time, either.Token);
            return true;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task<string> WriteListAsync(UpdateFrames frames, ProgressReader progress, string? listed, CancellationToken ct)
    {
        var page = await catalog.ListAsync(null, ListedJobs, null, ct);
        var jobs = new JsonArray();
        foreach (var job in page.Items)
            jobs.Add((JsonNode)JobUpdateObject.Of(job, await progress.ReadAsync(job, ct), pipeline.Organization));
        var list = new JsonObject { ["data"] = jobs, ["has_more"] = page.HasMore };
        var text = list.ToJsonString();
        if (text != listed)
            await frames.EventAsync("jobs", list);
        return text;
    }
}
