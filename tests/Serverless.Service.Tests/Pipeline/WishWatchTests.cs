using Microsoft.Extensions.Time.Testing;
using Serverless.Service.Jobs;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.FineTuning;
using Serverless.Tests.Shared;

namespace Serverless.Service.Tests.Pipeline;

/// <summary>What becomes of work on tensors when the job's owner wants something else.</summary>
public sealed class WishWatchTests(AzuriteFixture azurite)
{
    [Theory]
    [InlineData(JobWish.Pause, StageResult.Yield)]
    [InlineData(JobWish.Cancel, StageResult.Stop)]
    public async Task A_wish_that_comes_while_work_lasts_interrupts_it(JobWish wish, StageResult result)
    {
        var (jobs, job, watch) = await NewAsync();
        using var interrupt = new CancellationTokenSource();
        var watched = watch.WatchAsync(Task.Delay(Timeout.Infinite, interrupt.Token), interrupt, TestContext.Current.CancellationToken);
        await jobs.UpdateAsync(job, now => now with { Wish = wish }, default);

        Assert.Equal(result, (await watched)?.Result);
        Assert.True(interrupt.IsCancellationRequested);
    }

    [Fact]
    public async Task A_wish_that_comes_through_this_process_interrupts_work_at_once()
    {
        var jobs = new JobCatalog(await azurite.NewAccountAsync());
        var job = await jobs.CreateAsync(TinyJob.Record(TimeProvider.System, JobStatus.Running), default);
        var wishes = new JobWishes(jobs);
        // Its clock stands still: it would never look again.
        var watch = new WishWatch(job.Id, wishes, () => 0, new PipelineSettings(), new FakeTimeProvider());
        using var interrupt = new CancellationTokenSource();
        var watched = watch.WatchAsync(Task.Delay(Timeout.Infinite, interrupt.Token), interrupt, TestContext.Current.CancellationToken);
        wishes.Changed(job.Id); // nothing that it has to do with
        await jobs.UpdateAsync(job.Id, now => now with { Wish = JobWish.Cancel }, default);
        wishes.Changed(job.Id);

        Assert.Equal(StageResult.Stop, (await watched.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken))?.Result);
    }

    [Fact]
    public async Task Work_that_nobody_wants_otherwise_is_left_to_its_end()
    {
        var (_, _, watch) = await NewAsync();
        using var interrupt = new CancellationTokenSource();
        var work = new TaskCompletionSource();
        var watched = watch.WatchAsync(work.Task, interrupt, TestContext.Current.CancellationToken);
        Assert.False(watched.IsCompleted);
        work.SetResult();

        Assert.Null(await watched);
        Assert.False(interrupt.IsCancellationRequested);
    }

    [Fact]
    public async Task A_process_that_is_about_to_end_reads_no_wishes_and_waits_for_the_work()
    {
        var (_, _, watch) = await NewAsync();
        using var stopping = new CancellationTokenSource();
        using var interrupt = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
        var work = new TaskCompletionSource();
        await stopping.CancelAsync();
        var watched = watch.WatchAsync(work.Task, interrupt, stopping.Token);
        work.SetResult();

        Assert.Null(await watched);
    }

    private async Task<(JobCatalog Jobs, JobId Job, WishWatch Watch)> NewAsync()
    {
        var clock = TimeProvider.System;
        var jobs = new JobCatalog(await azurite.NewAccountAsync());
        var job = await jobs.CreateAsync(TinyJob.Record(clock, JobStatus.Running), default);
        return (jobs, job.Id, new WishWatch(job.Id, new JobWishes(jobs), () => 0, new PipelineSettings { WishInterval = TimeSpan.FromMilliseconds(10) }, clock));
    }
}
