using System.Collections.Immutable;
using System.Text.Json;
using Serverless.Service.Catalog;
using Serverless.Service.Storage;

namespace Serverless.Service.Jobs;

/// <summary>
/// Events and metrics of jobs. A segment becomes lasting with the head that counts it: until then it is not shown, and the next trainer
/// writes over it, so that a repeated chunk doubles nothing and leaves no gap. What has happened since the last commit is shown from
/// <c>live.json</c>.
/// </summary>
public sealed class JobLog(BlobAccount account, TimeProvider clock)
{
    private const int ConcurrentReads = 8;
    private readonly LogSegments _events = new(account, "events");
    private readonly LogSegments _metrics = new(account, "metrics");
    private readonly LiveTails _live = new(account);

    /// <summary>
    /// Writes the events and metrics since the last commit as one segment each. To be followed by the commit of the head it returns;
    /// called again before that, it writes over them.
    /// </summary>
    /// <param name="next">The head to commit, its events not counted yet.</param>
    /// <param name="metrics">In order, of steps that the last commit does not cover and <paramref name="next"/> does.</param>
    /// <returns><paramref name="next"/> with its events counted.</returns>
    /// <exception cref="LeaseLostException">Another trainer has taken over.</exception>
    public async Task<JobHead> WriteSegmentsAsync(
        TrainerLease lease, JobHead next, IReadOnlyList<JobEvent> events, IReadOnlyList<JobMetrics> metrics, CancellationToken cancellationToken)
    {
        var last = lease.Head.Step;
        foreach (var step in metrics.Select(metric => metric.Step))
        {
            if (step <= last || step > next.Step)
                throw new ArgumentException(
                    $"Metrics of step {step}: expected ascending steps from {lease.Head.Step + 1} to {next.Step}.", nameof(metrics));
            last = step;
        }
        if (metrics.Count > 0) await _metrics.WriteAsync(lease, lease.Head.Step + 1, metrics, cancellationToken);
        if (events.Count > 0) await _events.WriteAsync(lease, lease.Head.Events, events, cancellationToken);
        return next with { Events = lease.Head.Events + events.Count };
    }

    /// <summary>Appends events and commits, once per <paramref name="key"/>: a repeated activity finds the key and writes nothing.</summary>
    /// <exception cref="LeaseLostException">Another trainer has taken over.</exception>
    public async Task AppendOnceAsync(TrainerLease lease, string key, IReadOnlyList<JobEvent> events, CancellationToken cancellationToken)
    {
        if (lease.Head.Once.Contains(key)) return;
        var next = await WriteSegmentsAsync(lease, lease.Head, events, [], cancellationToken);
        await lease.CommitAsync(next with { Once = next.Once.Add(key) }, cancellationToken);
    }

    /// <summary>Removes what a trainer before wrote without committing it. A chunk begins with this.</summary>
    /// <exception cref="LeaseLostException">Another trainer has taken over.</exception>
    public async Task RemoveUncommittedAsync(TrainerLease lease, CancellationToken cancellationToken)
    {
        await _events.RemoveFromAsync(lease, lease.Head.Events, cancellationToken);
        await _metrics.RemoveFromAsync(lease, lease.Head.Step + 1, cancellationToken);
        await lease.EnsureHeldAsync(cancellationToken);
        await _live.Blob(lease.JobId).DeleteIfExistsAsync(cancellationToken: cancellationToken);
    }

    /// <summary>Shows what has happened since the last commit, all of it: each call replaces the one before.</summary>
    /// <returns>The bytes that were written.</returns>
    /// <exception cref="LeaseLostException">Another trainer has taken over.</exception>
    public async Task<long> WriteLiveAsync(
        TrainerLease lease, IReadOnlyList<JobEvent> events, IReadOnlyList<JobMetrics> metrics, CancellationToken cancellationToken)
    {
        var tail = new LiveTail
        {
            WrittenAt = clock.GetUtcNow(),
            FirstSequence = lease.Head.Events,
            FirstStep = lease.Head.Step + 1,
            Events = [.. events],
            Metrics = [.. metrics],
        };
        var json = JsonSerializer.SerializeToUtf8Bytes(tail, CatalogJson.Options);
        await lease.EnsureHeldAsync(cancellationToken);
        await _live.Blob(lease.JobId).UploadAsync(new BinaryData(json), overwrite: true, cancellationToken);
        return json.Length;
    }

    /// <summary>A page of events, newest first, those since the last commit included.</summary>
    /// <param name="after">The id of the last event of the page before; null, or an id that is none of this job's, begins at the newest.</param>
    /// <param name="limit">The page's size, at least 1.</param>
    public async Task<Page<NumberedEvent>> ListEventsAsync(JobId id, JobEventId? after, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return await ReadStateAsync(id, cancellationToken) is { } state
            ? await ListEventsAsync(id, state, after, limit, cancellationToken)
            : new Page<NumberedEvent>([], HasMore: false);
    }

    /// <summary>The same of a state that was read already.</summary>
    public async Task<Page<NumberedEvent>> ListEventsAsync(JobId id, JobLogState state, JobEventId? after, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var (head, live) = state;
        var end = Math.Min(after?.SequenceIn(id) ?? long.MaxValue, state.Events);
        var begin = Math.Max(0, end - limit);

        var events = new JobEvent?[end - begin];
        for (var i = Math.Max(begin, head.Events); i < end; i++) events[i - begin] = live.Events[(int)(i - head.Events)];
        if (begin < head.Events)
        {
            // Of the segments' names all are read, of the segments only those that the page lies in.
            var firsts = (await _events.ListAsync(id, cancellationToken)).Select(segment => segment.First).ToList();
            var needed = Covering(firsts, begin, Math.Min(end, head.Events));
            await ReadEachAsync<JobEvent>(_events, id, needed, (number, line) =>
            {
                if (number >= begin && number < end && number < head.Events) events[number - begin] = line;
            }, cancellationToken);
        }
        var page = ImmutableArray.CreateBuilder<NumberedEvent>(events.Length);
        for (var i = end - 1; i >= begin; i--)
            page.Add(new NumberedEvent(JobEventId.Of(id, i), i, events[i - begin]
                ?? throw new InvalidDataException($"Event {i} of {id} is counted by the head and lies in no segment.")));
        return new Page<NumberedEvent>(page.MoveToImmutable(), HasMore: begin > 0);
    }

    /// <summary>The metrics of all steps after <paramref name="afterStep"/>, in order, those since the last commit included.</summary>
    /// <param name="keep">Which of them; null: all. The others are in memory a few segments at a time only.</param>
    public async Task<IReadOnlyList<JobMetrics>> ListMetricsAsync(
        JobId id, int afterStep, CancellationToken cancellationToken, Func<JobMetrics, bool>? keep = null) =>
        await ReadStateAsync(id, cancellationToken) is { } state ? await ListMetricsAsync(id, state, afterStep, cancellationToken, keep) : [];

    /// <summary>The same of a state that was read already.</summary>
    public async Task<IReadOnlyList<JobMetrics>> ListMetricsAsync(
        JobId id, JobLogState state, int afterStep, CancellationToken cancellationToken, Func<JobMetrics, bool>? keep = null)
    {
        var (head, live) = state;
        var metrics = new List<JobMetrics>();
        if (afterStep < head.Step)
        {
            var firsts = (await _metrics.ListAsync(id, cancellationToken)).Select(segment => segment.First).ToList();
            var needed = Covering(firsts, afterStep + 1L, head.Step + 1L);
            await ReadEachAsync<JobMetrics>(_metrics, id, needed, (_, line) =>
            {
                if (line.Step > afterStep && line.Step <= head.Step && keep?.Invoke(line) is not false) metrics.Add(line);
            }, cancellationToken);
        }
        metrics.AddRange(live.Metrics.Where(metric => metric.Step > afterStep && keep?.Invoke(metric) is not false));
        return metrics;
    }

    /// <summary>The committed head, or null before a trainer first held the job's lease.</summary>
    public async Task<JobHead?> ReadHeadAsync(JobId id, CancellationToken cancellationToken) =>
        (await new HeadBlob(account, id).ReadAsync(cancellationToken))?.Head;

    /// <summary>
    /// Head and tail that fit each other, or null before a trainer first held the job's lease. The tail is read first: when a commit comes in between, its
    /// lines are in the segments by then and the old tail, which does not begin where the new head ends, is left out.
    /// </summary>
    public async Task<JobLogState?> ReadStateAsync(JobId id, CancellationToken cancellationToken)
    {
        if (!id.IsWellFormed) return null;
        var live = await _live.ReadAsync(id, cancellationToken);
        if (await ReadHeadAsync(id, cancellationToken) is not { } head) return null;
        return new JobLogState(head, live.FirstSequence == head.Events && live.FirstStep == head.Step + 1 ? live : new LiveTail());
    }

    /// <summary>The ascending segments that hold the numbers from <paramref name="begin"/> up to but not including <paramref name="end"/>.</summary>
    private static IEnumerable<long> Covering(List<long> firsts, long begin, long end)
    {
        var start = firsts.FindLastIndex(first => first <= begin);
        return firsts.Skip(Math.Max(start, 0)).TakeWhile(first => first < end);
    }

    private static async Task ReadEachAsync<T>(
        LogSegments segments, JobId id, IEnumerable<long> firsts, Action<long, T> take, CancellationToken cancellationToken)
    {
        foreach (var group in firsts.Chunk(ConcurrentReads))
        {
            var contents = await Task.WhenAll(group.Select(first => segments.ReadAsync<T>(id, first, cancellationToken)));
            foreach (var (first, lines) in group.Zip(contents))
                for (var i = 0; i < lines.Count; i++) take(first + i, lines[i]);
        }
    }
}
