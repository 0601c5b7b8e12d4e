using System.Collections.Concurrent;
using System.Text.Json;
using Serverless.Api.Wire;
using Serverless.Service.Jobs;

namespace Serverless.Api.Updates;

/// <summary>One job at one moment, as all streams that watch it tell of it. What one of them needed to be read or written as JSON, the others find here.</summary>
internal sealed class JobNews
{
    private readonly ConcurrentDictionary<(int Step, long Events), SharedRead<IReadOnlyList<JobTailFrame>>> _tails = new();

    /// <summary>The job as JSON in UTF-8, the same array as before when nothing has changed; null if there is no such job.</summary>
    public byte[]? Data { get; private init; }

    /// <summary>Whether the job goes on, so that looking again soon is worth it.</summary>
    public bool IsActive { get; private init; }

    /// <summary>What the job's log held; null if its trainer has not begun.</summary>
    public JobLogState? State { get; private init; }

    /// <summary>Reads a job.</summary>
    /// <param name="before">What was read of it before, if it was.</param>
    public static async Task<JobNews> ReadAsync(JobId id, JobNews? before, JobCatalog catalog, JobLog log, ProgressReader progress, string organization, CancellationToken ct)
    {
        if (!id.IsWellFormed || await catalog.FindAsync(id, ct) is not { } job)
            return new JobNews();
        var state = await log.ReadStateAsync(id, ct);
        var now = JobUpdateObject.Of(job, await progress.ReadAsync(job, state, ct), organization);
        var data = JsonSerializer.SerializeToUtf8Bytes(now, WireJson.Plain.JsonObject);
        return new JobNews
        {
            Data = before?.Data is { } known && known.AsSpan().SequenceEqual(data) ? known : data,
            IsActive = !job.Status.IsFinal(),
            State = state,
        };
    }

    /// <summary>The steps and events behind a place, read once for all streams that are there.</summary>
    /// <param name="read">Begins to read them.</param>
    public Task<IReadOnlyList<JobTailFrame>> TailAsync(
        (int Step, long Events) place, Func<(int Step, long Events), SharedRead<IReadOnlyList<JobTailFrame>>> read, CancellationToken ct) =>
        _tails.GetOrAdd(place, read).GetAsync(ct);
}
