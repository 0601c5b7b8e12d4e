using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;
using Serverless.Local.Journal;
using Serverless.Service.Pipeline;
using Serverless.Tests.Port;
using Serverless.Tests.Shared;

namespace Serverless.Local.Tests.Journal;

/// <summary>What a head does with the records that an earlier one left, and how many activities it runs at a time.</summary>
public sealed class JournalRestartTests(AzuriteFixture azurite)
{
    private const string Id = "instance-1";
    private static readonly RetrySchedule Retry = new(3, TimeSpan.FromSeconds(10), 2, TimeSpan.FromSeconds(60));
    private readonly ToyParts _toys = new();
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task A_timer_ends_at_its_time_although_the_head_was_not_there()
    {
        var container = await JournalContainer.NewAsync(azurite);
        _toys.Workflow("Toy", async (context, _) =>
        {
            context.SetStatus("sleeping");
            await context.SleepAsync(TimeSpan.FromDays(60));
            context.SetStatus($"slept until {context.CurrentUtcTime:yyyy-MM-dd HH:mm}");
        });
        await using (var first = await JournalEngine.StartAsync(container, _toys, _clock))
        {
            await first.Starter.StartAsync(new WorkflowName<string>("Toy"), Id, "go", default);
            await first.UntilStatusAsync(Id, "sleeping");
        }
        _clock.Advance(TimeSpan.FromDays(59));
        await using var second = await JournalEngine.StartAsync(container, _toys, _clock);
        Assert.Equal("sleeping", await second.StatusAsync(Id));
        for (var hour = 0; hour < 24; hour++)
        {
            Assert.False(await second.HasEndedAsync(Id));
            await second.PassAsync(TimeSpan.FromHours(1));
        }
        await second.UntilStatusAsync(Id, "slept until 2026-06-30 12:00");
    }

    [Fact]
    public async Task Attempts_and_their_pauses_are_counted_over_a_restart()
    {
        var container = await JournalContainer.NewAsync(azurite);
        var tries = 0;
        var broken = _toys.Activity("Broken", string (_) => throw new InvalidOperationException($"try {++tries}"));
        _toys.Workflow("Toy", async (context, input) =>
        {
            try
            {
                await context.CallAsync(broken, input, Retry);
            }
            catch (ActivityFailure failure)
            {
                context.SetStatus(failure.Message);
            }
        });
        await using (var first = await JournalEngine.StartAsync(container, _toys, _clock))
        {
            await first.Starter.StartAsync(new WorkflowName<string>("Toy"), Id, "go", default);
            await UntilAsync(async () => (await first.Host.FindAsync(Id, default))!.Pending is { Attempts: 1, Starts: 0 });
        }
        _clock.Advance(TimeSpan.FromSeconds(9));
        await using var second = await JournalEngine.StartAsync(container, _toys, _clock);
        await Task.Delay(50);
        Assert.Equal(1, tries);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await UntilAsync(async () => (await second.Host.FindAsync(Id, default))!.Pending is { Attempts: 2, Starts: 0 });
        _clock.Advance(TimeSpan.FromSeconds(20));
        await second.UntilStatusAsync(Id, "Broken failed: try 3");
    }

    [Fact]
    public async Task An_upgrade_that_does_not_fit_the_record_begins_the_instance_anew_with_the_reason()
    {
        var container = await JournalContainer.NewAsync(azurite);
        _toys.Workflow("Toy", async (context, _) =>
        {
            context.SetStatus("waiting");
            await context.WaitAsync("changed");
        });
        await using (var first = await JournalEngine.StartAsync(container, _toys, _clock))
        {
            await first.Starter.StartAsync(new WorkflowName<string>("Toy"), Id, "go", default);
            await first.UntilStatusAsync(Id, "waiting");
        }
        var echo = _toys.Activity("Echo", text => text);
        _toys.Workflow("Toy", async (context, input) => context.SetStatus(await context.CallAsync(echo, input, Retry)));
        await using var second = await JournalEngine.StartAsync(container, _toys, _clock);
        await second.UntilEndedAsync(Id);
        Assert.Equal(
            "go after: step 0 of run 0: the code asks for Activity Echo, the record holds Wait changed", await second.StatusAsync(Id));
    }

    [Fact]
    public async Task A_record_of_a_workflow_that_this_head_does_not_know_is_left_as_it_is()
    {
        var container = await JournalContainer.NewAsync(azurite);
        var name = _toys.Workflow("Toy", (context, _) => context.SleepAsync(TimeSpan.FromDays(1)));
        await using (var first = await JournalEngine.StartAsync(container, _toys, _clock))
            await first.Starter.StartAsync(name, Id, "go", default);
        await using var second = await JournalEngine.StartAsync(container, new ToyParts(), _clock);
        Assert.Equal(JournalState.Running, (await second.Host.FindAsync(Id, default))!.State);
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => second.Starter.StartAsync(name, "other", "go", default));
        Assert.Equal("there is no workflow named Toy", exception.Message);
    }

    [Fact]
    public async Task Records_of_instances_that_ended_are_forgotten_after_their_time()
    {
        var container = await JournalContainer.NewAsync(azurite);
        var name = _toys.Workflow("Toy", (_, _) => Task.CompletedTask);
        _clock.SetUtcNow(DateTimeOffset.UtcNow);
        await using (var first = await JournalEngine.StartAsync(container, _toys, _clock))
        {
            await first.Starter.StartAsync(name, Id, "go", default);
            await first.UntilEndedAsync(Id);
        }
        _clock.Advance(TimeSpan.FromHours(23));
        await using (var second = await JournalEngine.StartAsync(container, _toys, _clock))
            Assert.NotNull(await second.StatusAsync(Id));
        _clock.Advance(TimeSpan.FromHours(2));
        await using var third = await JournalEngine.StartAsync(container, _toys, _clock);
        Assert.Null(await third.StatusAsync(Id));
    }

    [Fact]
    public async Task A_host_that_goes_on_for_days_forgets_them_too()
    {
        var container = await JournalContainer.NewAsync(azurite);
        var name = _toys.Workflow("Toy", (_, _) => Task.CompletedTask);
        _clock.SetUtcNow(DateTimeOffset.UtcNow);
        await using var engine = await JournalEngine.StartAsync(container, _toys, _clock);
        await engine.Starter.StartAsync(name, Id, "go", default);
        await engine.UntilEndedAsync(Id);

        _clock.Advance(TimeSpan.FromHours(23));
        await engine.Host.ForgetAsync(default);
        Assert.NotNull(await engine.StatusAsync(Id));
        // It has just looked.
        _clock.Advance(TimeSpan.FromMinutes(59));
        await engine.Host.ForgetAsync(default);
        Assert.NotNull(await engine.StatusAsync(Id));
        _clock.Advance(TimeSpan.FromMinutes(2));
        await engine.Host.ForgetAsync(default);
        Assert.Null(await engine.StatusAsync(Id));
    }

    [Fact]
    public async Task No_more_activities_run_at_a_time_than_the_settings_say()
    {
        var container = await JournalContainer.NewAsync(azurite);
        var running = new ConcurrentDictionary<string, TaskCompletionSource<string>>();
        var slow = _toys.Activity("Slow", (input, _) => running.GetOrAdd(input, _ => new TaskCompletionSource<string>()).Task);
        var name = _toys.Workflow("Toy", async (context, input) => context.SetStatus(await context.CallAsync(slow, input, Retry)));
        await using var engine = await JournalEngine.StartAsync(
            container, _toys, _clock, new JournalSettings { ConcurrentActivities = 2 });
        foreach (var id in (string[])["a", "b", "c"])
            await engine.Starter.StartAsync(name, id, id, default);
        await UntilAsync(() => Task.FromResult(running.Count == 2));
        await Task.Delay(50);
        var waiting = ((string[])["a", "b", "c"]).Except(running.Keys).Single();
        Assert.Equal(0, (await engine.Host.FindAsync(waiting, default))!.Pending!.Starts);
        foreach (var source in running.Values)
            source.SetResult("done");
        await UntilAsync(() => Task.FromResult(running.Count == 3));
        running[waiting].SetResult("done");
        await engine.UntilEndedAsync(waiting);
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        for (var look = 0; !await condition(); look++)
        {
            Assert.True(look < 1000, "waited in vain");
            await Task.Delay(10);
        }
    }
}
