using Azure.Storage.Blobs.Specialized;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Serverless.Service.Jobs;
using Serverless.Service.Storage;
using Serverless.Tests.Shared;

namespace Serverless.Service.Tests.Jobs;

public sealed class JobLogTests(AzuriteFixture azurite)
{
    private static readonly JobId Job = JobId.New(TimeProvider.System);
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_job_without_events_has_an_empty_list()
    {
        var log = new JobLog(await azurite.NewAccountAsync(), TimeProvider.System);

        var page = await log.ListEventsAsync(Job, null, 20, Cancel);

        Assert.Empty(page.Items);
        Assert.False(page.HasMore);
        Assert.Empty(await log.ListMetricsAsync(Job, 0, Cancel));
        Assert.Empty((await log.ListEventsAsync(new JobId("../../catalog/files"), null, 20, Cancel)).Items);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    [InlineData(37)]
    [InlineData(1000)]
    public async Task Pages_of_any_size_show_each_of_several_hundred_events_once(int limit)
    {
        var (log, lease) = await OpenAsync();
        await using var held = lease;
        for (var chunk = 0; chunk < 8; chunk++) await CommitAsync(log, lease, [.. Events("c", chunk * 43, 43)], []);
        await log.WriteLiveAsync(lease, [.. Events("live", 344, 5)], [], Cancel);
        var pages = limit == 1 ? 60 : int.MaxValue;

        var seen = new List<NumberedEvent>();
        JobEventId? after = null;
        for (var i = 0; i < pages; i++)
        {
            var page = await log.ListEventsAsync(Job, after, limit, Cancel);
            seen.AddRange(page.Items);
            if (!page.HasMore) break;
            Assert.Equal(limit, page.Items.Length);
            after = page.Items[^1].Id;
        }

        var expected = Events("c", 0, 344).Concat(Events("live", 344, 5)).Reverse().Take(limit == 1 ? 60 : int.MaxValue);
        Assert.Equal(expected.Select(e => e.Message), seen.Select(e => e.Event.Message));
        Assert.Equal(seen.Count, seen.Select(e => e.Id).Distinct().Count());
        Assert.All(seen, e => Assert.Equal(JobEventId.Of(Job, e.Sequence), e.Id));
    }

    [Fact]
    public async Task A_chunk_that_is_repeated_after_a_crash_doubles_nothing_and_leaves_no_gap()
    {
        var (log, lease) = await OpenAsync();
        var account = _account!;
        await CommitAsync(log, lease, [.. Events("first", 0, 2)], [.. Metrics(1, 10)]);
        var lost = lease.Head with { Checkpoints = [.. lease.Head.Checkpoints, At(30)] };
        await log.WriteSegmentsAsync(lease, lost, [.. Events("lost", 2, 9)], [.. Metrics(11, 20)], Cancel);
        await log.WriteLiveAsync(lease, [.. Events("lost", 2, 9)], [.. Metrics(11, 20)], Cancel);
        await lease.DisposeAsync();

        await using var again = await AcquireAsync(account);
        await log.RemoveUncommittedAsync(again, Cancel);
        Assert.Equal(2, (await log.ListEventsAsync(Job, null, 20, Cancel)).Items.Length);
        Assert.Equal(10, (await log.ListMetricsAsync(Job, 0, Cancel)).Count);
        await CommitAsync(log, again, [.. Events("again", 2, 3)], [.. Metrics(11, 5)]);
        await CommitAsync(log, again, [.. Events("more", 5, 1)], [.. Metrics(16, 25)]);

        var events = await log.ListEventsAsync(Job, null, 100, Cancel);
        Assert.Equal(["more 5", "again 4", "again 3", "again 2", "first 1", "first 0"], events.Items.Select(e => e.Event.Message));
        Assert.Equal(Enumerable.Range(1, 40), (await log.ListMetricsAsync(Job, 0, Cancel)).Select(metric => metric.Step));
    }

    [Fact]
    public async Task After_falling_back_to_an_earlier_checkpoint_each_step_is_listed_once()
    {
        var (log, lease) = await OpenAsync();
        await using var held = lease;
        foreach (var first in new[] { 1, 11, 21 }) await CommitAsync(log, lease, [], [.. Metrics(first, 10)]);
        await lease.CommitAsync(lease.Head with { Checkpoints = lease.Head.Checkpoints[..1] }, Cancel);

        await log.RemoveUncommittedAsync(lease, Cancel);
        await CommitAsync(log, lease, [], [.. Metrics(11, 5)]);
        await CommitAsync(log, lease, [], [.. Metrics(16, 10)]);

        Assert.Equal(Enumerable.Range(1, 25), (await log.ListMetricsAsync(Job, 0, Cancel)).Select(metric => metric.Step));
    }

    [Fact]
    public async Task What_was_not_committed_is_not_shown()
    {
        var (log, lease) = await OpenAsync();
        await using var held = lease;
        await CommitAsync(log, lease, [.. Events("a", 0, 2)], [.. Metrics(1, 2)]);
        var next = lease.Head with { Checkpoints = [.. lease.Head.Checkpoints, At(9)] };

        await log.WriteSegmentsAsync(lease, next, [.. Events("b", 2, 2)], [.. Metrics(3, 7)], Cancel);

        Assert.Equal(2, (await log.ListEventsAsync(Job, null, 20, Cancel)).Items.Length);
        Assert.Equal([1, 2], (await log.ListMetricsAsync(Job, 0, Cancel)).Select(metric => metric.Step));
    }

    [Fact]
    public async Task The_tail_is_shown_until_its_commit_and_not_twice_after_it()
    {
        var (log, lease) = await OpenAsync();
        await using var held = lease;
        await CommitAsync(log, lease, [.. Events("a", 0, 2)], [.. Metrics(1, 2)]);
        JobEvent[] events = [.. Events("b", 2, 3)];
        JobMetrics[] metrics = [.. Metrics(3, 4)];
        await log.WriteLiveAsync(lease, events, metrics, Cancel);
        var before = await log.ListEventsAsync(Job, null, 20, Cancel);
        var stepsBefore = await log.ListMetricsAsync(Job, 1, Cancel);

        await CommitAsync(log, lease, events, metrics);

        var after = await log.ListEventsAsync(Job, null, 20, Cancel);
        Assert.Equal(5, before.Items.Length);
        Assert.Equal(before.Items.Select(e => e.Id), after.Items.Select(e => e.Id));
        Assert.Equal([2, 3, 4, 5, 6], stepsBefore.Select(metric => metric.Step));
        Assert.Equal([2, 3, 4, 5, 6], (await log.ListMetricsAsync(Job, 1, Cancel)).Select(metric => metric.Step));
    }

    [Fact]
    public async Task Appending_under_the_same_key_again_writes_nothing()
    {
        var (log, lease) = await OpenAsync();
        await using var held = lease;
        await log.AppendOnceAsync(lease, "validating", [.. Events("validating", 0, 1)], Cancel);
        await log.AppendOnceAsync(lease, "validating", [.. Events("again", 1, 1)], Cancel);
        await log.AppendOnceAsync(lease, "started", [.. Events("started", 1, 2)], Cancel);

        var page = await log.ListEventsAsync(Job, null, 20, Cancel);

        Assert.Equal(["started 2", "started 1", "validating 0"], page.Items.Select(e => e.Event.Message));
    }

    [Fact]
    public async Task A_trainer_that_was_overtaken_writes_no_segment_over_its_successors()
    {
        var account = await azurite.NewAccountAsync();
        var log = new JobLog(account, TimeProvider.System);
        var clock = new FakeTimeProvider();
        await using var stalled = await AcquireAsync(account, clock);
        await new HeadBlob(account, Job).Blob.GetBlobLeaseClient().BreakAsync(TimeSpan.Zero, cancellationToken: Cancel);
        clock.Advance(TimeSpan.FromSeconds(15));
        await using var next = await AcquireAsync(account);
        await CommitAsync(log, next, [.. Events("right", 0, 2)], []);

        await Assert.ThrowsAsync<LeaseLostException>(
            () => log.WriteSegmentsAsync(stalled, stalled.Head, [.. Events("wrong", 0, 2)], [], Cancel));
        await Assert.ThrowsAsync<LeaseLostException>(() => log.RemoveUncommittedAsync(stalled, Cancel));
        await Assert.ThrowsAsync<LeaseLostException>(() => log.WriteLiveAsync(stalled, [.. Events("wrong", 0, 2)], [], Cancel));

        var page = await log.ListEventsAsync(Job, null, 20, Cancel);
        Assert.Equal(["right 1", "right 0"], page.Items.Select(e => e.Event.Message));
    }

    [Fact]
    public async Task Metrics_outside_the_commit_are_refused()
    {
        var (log, lease) = await OpenAsync();
        await using var held = lease;
        var next = new JobHead { Checkpoints = [At(3)] };

        var fault = await Assert.ThrowsAsync<ArgumentException>(() => log.WriteSegmentsAsync(lease, next, [], [.. Metrics(1, 4)], Cancel));

        Assert.Equal("Metrics of step 4: expected ascending steps from 1 to 3. (Parameter 'metrics')", fault.Message);
    }

    private BlobAccount? _account;

    private async Task<(JobLog Log, TrainerLease Lease)> OpenAsync()
    {
        _account = await azurite.NewAccountAsync();
        return (new JobLog(_account, TimeProvider.System), await AcquireAsync(_account));
    }

    private static async Task<TrainerLease> AcquireAsync(BlobAccount account, TimeProvider? clock = null) =>
        await TrainerLease.TryAcquireAsync(account, Job, clock ?? TimeProvider.System, NullLogger.Instance, Cancel)
        ?? throw new InvalidOperationException("The lease is held.");

    private static async Task CommitAsync(JobLog log, TrainerLease lease, JobEvent[] events, JobMetrics[] metrics)
    {
        var next = metrics.Length == 0 ? lease.Head : lease.Head with { Checkpoints = [.. lease.Head.Checkpoints, At(metrics[^1].Step)] };
        await lease.CommitAsync(await log.WriteSegmentsAsync(lease, next, events, metrics, Cancel), Cancel);
    }

    private static CommittedCheckpoint At(int step) => new(step, $"manifest of {step}", DateTimeOffset.UnixEpoch);

    private static IEnumerable<JobEvent> Events(string text, int first, int count) =>
        Enumerable.Range(first, count).Select(i => new JobEvent { CreatedAt = DateTimeOffset.UnixEpoch, Message = $"{text} {i}" });

    private static IEnumerable<JobMetrics> Metrics(int first, int count) => Enumerable.Range(first, count).Select(step => new JobMetrics
    {
        Step = step,
        CreatedAt = DateTimeOffset.UnixEpoch,
        TrainLoss = 1.0 / step,
        TrainAccuracy = 0.5,
        LearningRate = 1e-3,
        GradientNorm = 1,
        Tokens = 100,
        Seconds = 0.1,
    });
}
