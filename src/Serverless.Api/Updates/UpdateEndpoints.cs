using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Serverless.Api.Access;
using Serverless.Api.Requests;
using Serverless.Service.Jobs;

namespace Serverless.Api.Updates;

/// <summary>
/// What the dashboard shows, as it changes: the newest jobs, and every step and event of those that the query names. A stream ends within
/// the platform's limits; a browser connects again by itself and goes on where it was by <c>Last-Event-ID</c>.
/// </summary>
internal sealed class UpdateEndpoints(UpdateFeed feed, ApiSettings settings, StreamPlaces places, TimeProvider time, IHostApplicationLifetime lifetime)
{
    private const int MostWatched = 12;
    private const int RestingTicks = 5;

    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);

    /// <summary>The time between two looks.</summary>
    public static TimeSpan Tick { get; } = TimeSpan.FromSeconds(1);

    public async Task StreamAsync(HttpContext context)
    {
        var ct = context.RequestAborted;
        string[] ids = [.. context.Request.Query["job"].OfType<string>().Distinct()];
        if (ids.Length > MostWatched)
            throw Refusal.ArrayTooLong("job", MostWatched, ids.Length);
        // EventSource sends the header only when it connects again; a page that opens a new one says it in the query.
        var last = context.Request.Headers["Last-Event-ID"].ToString();
        var cursor = UpdateCursor.Parse(last.Length > 0 ? last : PageQuery.Single(context.Request, "after"));
        JobId[] jobs = [.. ids.Select(id => new JobId(id))];
        WatchedJob[] watched = [.. jobs.Select(id => new WatchedJob(id, feed, cursor))];
        using var place = places.Enter(context);
        using var stream = feed.Open(jobs);
        var frames = new UpdateFrames(context, cursor, time);
        await frames.BeginAsync();
        byte[]? listed = null;
        var begun = time.GetTimestamp();
        for (var tick = 0; ; tick++)
        {
            try
            {
                if (tick % 2 == 0 && await feed.ListAsync(ct) is var list && list != listed)
                    await frames.EventAsync("jobs", listed = list);
                // The first list does not wait for what there is to tell of the jobs' past.
                if (tick == 0)
                    await frames.SendAsync();
                foreach (var job in watched)
                    if (job.IsActive || tick % RestingTicks == 0)
                        await job.WriteAsync(frames, ct);
            }
            finally
            {
                // Also what was read before a fault of the storage ends the stream.
                if (!ct.IsCancellationRequested)
                    await frames.SendAsync();
            }
            if (frames.SilentFor >= Silence)
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
}
