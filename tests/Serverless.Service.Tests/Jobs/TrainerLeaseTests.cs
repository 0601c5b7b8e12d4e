using System.Diagnostics;
using Azure.Storage.Blobs.Specialized;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Serverless.Service.Jobs;
using Serverless.Service.Storage;
using Serverless.Tests.Shared;

namespace Serverless.Service.Tests.Jobs;

public sealed class TrainerLeaseTests(AzuriteFixture azurite)
{
    private static readonly JobId Job = JobId.New(TimeProvider.System);
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Of_sixteen_trainers_at_once_one_gets_the_lease()
    {
        var account = await azurite.NewAccountAsync();

        var leases = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => TryAcquireAsync(account)));

        var held = Assert.Single(leases, lease => lease is not null);
        Assert.Equal(0, held!.Head.Step);
        await held.DisposeAsync();
    }

    [Fact]
    public async Task The_next_trainer_goes_on_from_what_the_last_one_committed()
    {
        var account = await azurite.NewAccountAsync();
        var head = new JobHead { Events = 3, Checkpoints = [new CommittedCheckpoint(7, "m", DateTimeOffset.UnixEpoch)], Once = ["started"] };
        await using (var first = await AcquireAsync(account)) await first.CommitAsync(head, Cancel);

        await using var second = await AcquireAsync(account);

        Assert.Equivalent(head with { Seconds = second.Head.Seconds }, second.Head, strict: true);
        Assert.Equal(7, second.Head.Step);
        Assert.Equal("m", second.Head.Manifest);
    }

    [Fact]
    public async Task Each_second_under_a_lease_is_counted_once_and_those_of_an_overtaken_trainer_after_its_last_commit_are_not()
    {
        var account = await azurite.NewAccountAsync();
        var clock = new FakeTimeProvider();
        await using (var first = await AcquireAsync(account, clock))
        {
            clock.Advance(TimeSpan.FromSeconds(5));
            await first.CommitAsync(first.Head with { Events = 1 }, Cancel);
            clock.Advance(TimeSpan.FromSeconds(3));
            Assert.Equal((5.0, 8.0), (first.Head.Seconds, first.Seconds));
            // Whatever a caller puts there, the lease counts.
            await first.CommitAsync(new JobHead { Seconds = 1000 }, Cancel);
            clock.Advance(TimeSpan.FromSeconds(7));
            await TakeAwayAsync(account);
            clock.Advance(TimeSpan.FromSeconds(15));
            await using var between = await AcquireAsync(account, clock);
            await Assert.ThrowsAsync<LeaseLostException>(() => first.CommitAsync(first.Head, Cancel));
            clock.Advance(TimeSpan.FromSeconds(2));
            await between.CommitAsync(between.Head, Cancel);
        }
        await using var last = await AcquireAsync(account, clock);
        Assert.Equal(10, last.Head.Seconds);
    }

    [Fact]
    public async Task A_trainer_whose_lease_was_taken_over_cannot_commit()
    {
        var account = await azurite.NewAccountAsync();
        await using var stalled = await AcquireAsync(account);
        await TakeAwayAsync(account);
        await using var next = await AcquireAsync(account);
        await next.CommitAsync(new JobHead { Events = 1 }, Cancel);

        var fault = await Assert.ThrowsAsync<LeaseLostException>(() => stalled.CommitAsync(new JobHead { Events = 99 }, Cancel));

        Assert.Equal($"The trainer's lease on {Job} was taken over by another one.", fault.Message);
        Assert.True(stalled.Lost.IsCancellationRequested);
        await next.CommitAsync(new JobHead { Events = 2 }, Cancel);
        Assert.Equal(2, (await new HeadBlob(account, Job).ReadAsync(Cancel))!.Head.Events);
    }

    [Fact]
    public async Task A_trainer_whose_lease_came_and_went_elsewhere_cannot_commit_either()
    {
        var account = await azurite.NewAccountAsync();
        await using var stalled = await AcquireAsync(account);
        await TakeAwayAsync(account);
        await using (var between = await AcquireAsync(account)) await between.CommitAsync(new JobHead { Events = 5 }, Cancel);

        await Assert.ThrowsAsync<LeaseLostException>(() => stalled.CommitAsync(new JobHead { Events = 99 }, Cancel));

        Assert.Equal(5, (await new HeadBlob(account, Job).ReadAsync(Cancel))!.Head.Events);
    }

    [Fact]
    public async Task The_renewal_notices_a_lost_lease_by_itself()
    {
        var account = await azurite.NewAccountAsync();
        await using var stalled = await AcquireAsync(account);
        var lost = new TaskCompletionSource();
        await using var registration = stalled.Lost.Register(lost.SetResult);
        await TakeAwayAsync(account);
        await using var next = await AcquireAsync(account);

        await lost.Task.WaitAsync(TimeSpan.FromSeconds(20), Cancel);

        Assert.False(next.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task A_lease_outlives_its_fifteen_seconds_while_its_trainer_is_busy()
    {
        var account = await azurite.NewAccountAsync();
        await using var busy = await AcquireAsync(account);

        await Task.Delay(TimeSpan.FromSeconds(18), Cancel);

        Assert.Null(await TryAcquireAsync(account));
        await busy.CommitAsync(new JobHead { Events = 1 }, Cancel);
    }

    [Fact]
    public async Task The_lease_of_a_dead_process_of_this_machine_is_broken_at_once()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux tells enough about processes.");
        var account = await azurite.NewAccountAsync();
        using var trainer = Process.Start("sleep", "60");
        await using var orphan = await TryAcquireAsync(account, ProcessIdentity.Of(trainer.Id)!);
        Assert.NotNull(orphan);
        Assert.Null(await TryAcquireAsync(account));

        trainer.Kill();
        await trainer.WaitForExitAsync(Cancel);
        var clock = Stopwatch.StartNew();
        await using var next = await TryAcquireAsync(account);

        Assert.NotNull(next);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"took {clock.Elapsed}");
        await Assert.ThrowsAsync<LeaseLostException>(() => orphan.CommitAsync(new JobHead { Events = 99 }, Cancel));
    }

    [Fact]
    public async Task The_lease_of_a_process_on_another_machine_is_left_alone()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux tells enough about processes.");
        var account = await azurite.NewAccountAsync();
        await using var elsewhere = await TryAcquireAsync(account, new ProcessIdentity("another/boot/pid:[1]", int.MaxValue, "1"));
        Assert.NotNull(elsewhere);

        Assert.Null(await TryAcquireAsync(account));
    }

    [Fact]
    public void A_process_is_told_from_a_later_one_with_the_same_id()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux tells enough about processes.");
        var self = ProcessIdentity.Current!;

        Assert.False(self.IsDeadHere);
        Assert.True((self with { Started = "1" }).IsDeadHere);
        Assert.False((self with { Started = "1", System = "elsewhere" }).IsDeadHere);
    }

    private static async Task<TrainerLease> AcquireAsync(BlobAccount account, TimeProvider? clock = null) =>
        await TryAcquireAsync(account, clock) ?? throw new InvalidOperationException("The lease is held.");

    private static Task<TrainerLease?> TryAcquireAsync(BlobAccount account, TimeProvider? clock = null) =>
        TrainerLease.TryAcquireAsync(account, Job, clock ?? TimeProvider.System, NullLogger.Instance, Cancel);

    private static Task<TrainerLease?> TryAcquireAsync(BlobAccount account, ProcessIdentity owner) =>
        TrainerLease.TryAcquireAsync(account, Job, owner, TimeProvider.System, NullLogger.Instance, Cancel);

    /// <summary>What happens to a trainer that stalls longer than its lease lasts, without the wait.</summary>
    private static async Task TakeAwayAsync(BlobAccount account) =>
        await new HeadBlob(account, Job).Blob.GetBlobLeaseClient().BreakAsync(TimeSpan.Zero, cancellationToken: Cancel);
}
