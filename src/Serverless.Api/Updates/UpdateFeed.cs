using System.Buffers;
using System.Text.Json;
using Serverless.Api.Wire;
using Serverless.Service.Jobs;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Api.Updates;

/// <summary>
/// What all open streams of updates tell, read from storage once for all of them: their number costs a job that trains beside them little. Nothing is kept
/// while none is open.
/// </summary>
internal sealed class UpdateFeed(JobCatalog catalog, JobLog log, JobPlans plans, PipelineSettings pipeline, TimeProvider time)
{
    private const int ListedJobs = 50;

    // Somewhat shorter than a stream's time between two looks, so that a single one always reads.
    private static readonly TimeSpan JobAge = 0.9 * UpdateEndpoints.Tick;
    private static readonly TimeSpan ListAge = 1.9 * UpdateEndpoints.Tick;
    private static readonly TimeSpan Forgotten = TimeSpan.FromMinutes(1);

    private readonly ProgressReader _progress = new(log, plans);
    private readonly Lock _turn = new();
    private readonly Dictionary<JobId, SharedRead<JobNews>> _jobs = [];
    private SharedRead<byte[]>? _list;
    private int _streams;

    /// <summary>Counts a stream as open until it is disposed.</summary>
    public IDisposable Open()
    {
        lock (_turn)
            _streams++;
        return new OpenStream(this);
    }

    /// <summary>The newest jobs as JSON in UTF-8, a list's <c>data</c> and <c>has_more</c>; the same array as before when nothing has changed.</summary>
    public Task<byte[]> ListAsync(CancellationToken ct)
    {
        lock (_turn)
            _list ??= new(ReadListAsync, ListAge, time);
        return _list.GetAsync(ct);
    }

    /// <summary>A job as it is now.</summary>
    public Task<JobNews> JobAsync(JobId id, CancellationToken ct)
    {
        SharedRead<JobNews>? job;
        lock (_turn)
            if (!_jobs.TryGetValue(id, out job))
            {
                foreach (var (other, _) in _jobs.Where(entry => entry.Value.IsOlderThan(Forgotten)).ToList())
                    _jobs.Remove(other);
                job = _jobs[id] = new(before => JobNews.ReadAsync(id, before, catalog, log, _progress, pipeline.Organization, CancellationToken.None), JobAge, time);
            }
        return job.GetAsync(ct);
    }

    private async Task<byte[]> ReadListAsync(byte[]? before)
    {
        var page = await catalog.ListAsync(null, ListedJobs, null, CancellationToken.None);
        var list = new ArrayBufferWriter<byte>();
        await using (var writer = new Utf8JsonWriter(list))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("data");
            foreach (var job in page.Items)
                writer.WriteRawValue(await DataOfAsync(job), skipInputValidation: true);
            writer.WriteEndArray();
            writer.WriteBoolean("has_more", page.HasMore);
            writer.WriteEndObject();
        }
        return before is not null && list.WrittenSpan.SequenceEqual(before) ? before : list.WrittenSpan.ToArray();
    }

    private async Task<byte[]> DataOfAsync(JobRecord job) => ProgressReader.MayHaveProgress(job) && (await JobAsync(job.Id, CancellationToken.None)).Data is { } data
        ? data
        : JsonSerializer.SerializeToUtf8Bytes(JobUpdateObject.Of(job, null, pipeline.Organization), WireJson.Plain.JsonObject);

    private void Close()
    {
        lock (_turn)
        {
            if (--_streams > 0)
                return;
            _jobs.Clear();
            _list = null;
        }
    }

    private sealed class OpenStream(UpdateFeed feed) : IDisposable
    {
        private UpdateFeed? _feed = feed;

        public void Dispose() => Interlocked.Exchange(ref _feed, null)?.Close();
    }
}
