using System.Buffers;
using System.Text.Json;
using Serverless.Api.Wire;
using Serverless.Service.Jobs;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Api.Updates;

/// <summary>
/// What all open streams of updates tell, read from storage once for all of them: their number costs a job that trains beside them little. Nothing is kept
/// that no open stream tells of.
/// </summary>
internal sealed class UpdateFeed(JobCatalog catalog, JobLog log, JobPlans plans, PipelineSettings pipeline, TimeProvider time)
{
    private const int ListedJobs = 50;

    // Somewhat shorter than a stream's time between two looks, so that a single one always reads.
    private static readonly TimeSpan JobAge = 0.9 * UpdateEndpoints.Tick;
    private static readonly TimeSpan ListAge = 1.9 * UpdateEndpoints.Tick;

    private readonly ProgressReader _progress = new(log, plans);
    private readonly Lock _turn = new();
    private readonly Dictionary<JobId, Watched> _jobs = [];
    private SharedRead<byte[]>? _list;
    private int _streams;

    /// <summary>Counts a stream as open, and jobs as watched, until it is disposed.</summary>
    public IDisposable Open(IReadOnlyList<JobId> jobs)
    {
        lock (_turn)
        {
            _streams++;
            foreach (var job in jobs)
            {
                if (!_jobs.TryGetValue(job, out var watched))
                    _jobs[job] = watched = new Watched(Shared<JobNews>((before, ct) => ReadAsync(job, before, ct), JobAge));
                watched.Streams++;
            }
        }
        return new OpenStream(this, jobs);
    }

    /// <summary>The newest jobs as JSON in UTF-8, a list's <c>data</c> and <c>has_more</c>; the same array as before when nothing has changed.</summary>
    public Task<byte[]> ListAsync(CancellationToken ct)
    {
        SharedRead<byte[]> list;
        lock (_turn)
            list = _list ??= Shared<byte[]>(ReadListAsync, ListAge);
        return list.GetAsync(ct);
    }

    /// <summary>A watched job as it is now.</summary>
    public Task<JobNews> JobAsync(JobId id, CancellationToken ct)
    {
        Watched watched;
        lock (_turn)
            watched = _jobs[id];
        return watched.News.GetAsync(ct);
    }

    /// <summary>A watched job's steps and events behind a place.</summary>
    public async Task<IReadOnlyList<JobTailFrame>> TailAsync(JobId id, JobNews news, (int Step, long Events) place, CancellationToken ct) => news.State is not { } state
        ? []
        : await news.TailAsync(place, from => Shared<IReadOnlyList<JobTailFrame>>((_, patience) => JobTailFrame.ListAsync(log, id, state, from, patience), TimeSpan.MaxValue), ct);

    private SharedRead<T> Shared<T>(Func<T?, CancellationToken, Task<T>> read, TimeSpan keep)
        where T : class => new(read, keep, time);

    private Task<JobNews> ReadAsync(JobId id, JobNews? before, CancellationToken ct) =>
        JobNews.ReadAsync(id, before, catalog, log, _progress, pipeline.Organization, ct);

    private async Task<byte[]> ReadListAsync(byte[]? before, CancellationToken ct)
    {
        var page = await catalog.ListAsync(null, ListedJobs, null, ct);
        var list = new ArrayBufferWriter<byte>();
        await using (var writer = new Utf8JsonWriter(list))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("data");
            foreach (var job in page.Items)
                writer.WriteRawValue(await DataOfAsync(job, ct), skipInputValidation: true);
            writer.WriteEndArray();
            writer.WriteBoolean("has_more", page.HasMore);
            writer.WriteEndObject();
        }
        return before is not null && list.WrittenSpan.SequenceEqual(before) ? before : list.WrittenSpan.ToArray();
    }

    private async Task<byte[]> DataOfAsync(JobRecord job, CancellationToken ct)
    {
        Watched? watched;
        lock (_turn)
            _jobs.TryGetValue(job.Id, out watched);
        if (ProgressReader.MayHaveProgress(job) && watched is not null && (await watched.News.GetAsync(ct)).Data is { } data)
            return data;
        var state = ProgressReader.MayHaveProgress(job) ? await log.ReadStateAsync(job.Id, ct) : null;
        return JsonSerializer.SerializeToUtf8Bytes(
            JobUpdateObject.Of(job, await _progress.ReadAsync(job, state, ct), pipeline.Organization), WireJson.Plain.JsonObject);
    }

    private void Close(IReadOnlyList<JobId> jobs)
    {
        lock (_turn)
        {
            foreach (var job in jobs)
                if (--_jobs[job].Streams == 0)
                    _jobs.Remove(job);
            if (--_streams == 0)
                _list = null;
        }
    }

    private sealed class Watched(SharedRead<JobNews> news)
    {
        public SharedRead<JobNews> News { get; } = news;

        public int Streams { get; set; }
    }

    private sealed class OpenStream(UpdateFeed feed, IReadOnlyList<JobId> jobs) : IDisposable
    {
        private UpdateFeed? _feed = feed;

        public void Dispose() => Interlocked.Exchange(ref _feed, null)?.Close(jobs);
    }
}
