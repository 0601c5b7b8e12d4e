using Azure;
using Serverless.Local.Journal;
using Serverless.Service.Pipeline;
using Serverless.Tests.Port;
using Serverless.Tests.Shared;

namespace Serverless.Local.Tests.Journal;

/// <summary>A storage that goes away, and one that another head has written to.</summary>
public sealed class JournalStorageTests(AzuriteFixture azurite)
{
    private const string Id = "instance-1";
    private static readonly RetrySchedule Retry = new(3, TimeSpan.FromSeconds(10), 2, TimeSpan.FromSeconds(60));
    private readonly ToyParts _toys = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_storage_that_goes_away_is_waited_for_and_no_work_is_done_twice(bool hangs)
    {
        var container = await JournalContainer.NewAsync(azurite);
        var transport = new SwitchedTransport();
        // What the client throws when every one of its tries was cancelled for taking too long.
        if (hangs)
            transport.Fault = () => new AggregateException("Retry failed after 2 tries", new TaskCanceledException("it took too long"), new TaskCanceledException("it took too long"));
        var runs = 0;
        var count = _toys.Activity("Count", _ =>
        {
            transport.IsOff = true;
            return $"run {++runs}";
        });
        var name = _toys.Workflow("Toy", async (context, input) => context.SetStatus(await context.CallAsync(count, input, Retry)));
        var log = new KeptLines();
        await using var engine = await JournalEngine.StartAsync(JournalContainer.Through(azurite, container, transport), _toys, logger: log);
        await engine.Starter.StartAsync(name, Id, "go", default);
        for (var look = 0; transport.Refused < 30; look++)
        {
            Assert.True(look < 10_000, $"the storage was tried {transport.Refused} times and then no more");
            await engine.PassAsync(TimeSpan.FromSeconds(2));
        }
        Assert.False(await engine.HasEndedAsync(Id));
        transport.IsOff = false;
        for (var look = 0; look < 1000 && !await engine.HasEndedAsync(Id); look++)
            await engine.PassAsync(TimeSpan.FromSeconds(2));
        Assert.Equal("run 1", await engine.StatusAsync(Id));
        // One line each time it is tried again, without the traces of all the tries.
        Assert.All(log.Warnings, line => Assert.Matches(@"^instance-1: its record cannot be written \([^()\n]+\); next try in [0-9:.]+$", line));
        Assert.NotEmpty(log.Warnings);
    }

    [Fact]
    public async Task A_result_and_the_start_of_what_comes_next_are_one_write()
    {
        var container = await JournalContainer.NewAsync(azurite);
        var writes = 0;
        var transport = new SwitchedTransport { Refuses = _ => Task.FromResult(Interlocked.Increment(ref writes) < 0) };
        var starts = new List<int?>();
        var note = _toys.Activity("Note", async (_, _) =>
        {
            // What the storage holds while it runs.
            starts.Add((await new JournalStore(container).FindAsync(Id, default))?.Record.Pending?.Starts);
            return "";
        });
        var name = _toys.Workflow("Toy", async (context, input) =>
        {
            for (var call = 0; call < 3; call++)
                await context.CallAsync(note, input, Retry);
        });
        await using (var engine = await JournalEngine.StartAsync(JournalContainer.Through(azurite, container, transport), _toys))
        {
            await engine.Starter.StartAsync(name, Id, "go", default);
            await engine.UntilEndedAsync(Id);
        }
        Assert.Equal([1, 1, 1], starts);
        Assert.Equal(1 + 3 + 1, writes); // the instance, each of its calls, and its end
    }

    [Fact]
    public async Task An_activity_that_waits_for_its_turn_has_not_started()
    {
        var container = await JournalContainer.NewAsync(azurite);
        var release = new TaskCompletionSource();
        var hold = _toys.Activity("Hold", async (_, _) =>
        {
            await release.Task;
            return "";
        });
        var name = _toys.Workflow("Toy", async (context, input) => await context.CallAsync(hold, input, Retry));
        await using var engine = await JournalEngine.StartAsync(container, _toys, settings: new JournalSettings { ConcurrentActivities = 1 });
        string[] ids = ["instance-1", "instance-2"];
        foreach (var id in ids)
        {
            await engine.Starter.StartAsync(name, id, "go", default);
            for (var look = 0; (await engine.Host.FindAsync(id, default))?.Pending is null; look++)
            {
                Assert.True(look < 1000, $"{id} came to no activity");
                await Task.Delay(10, TestContext.Current.CancellationToken);
            }
        }
        // Long enough for a write that should not be.
        await Task.Delay(100, TestContext.Current.CancellationToken);
        Assert.Equal([1, 0], await StartsAsync());
        release.SetResult();
        foreach (var id in ids)
            await engine.UntilEndedAsync(id);

        async Task<List<int>> StartsAsync() => [(await engine.Host.FindAsync(ids[0], default))!.Pending!.Starts, (await engine.Host.FindAsync(ids[1], default))!.Pending!.Starts];
    }

    [Fact]
    public async Task Raising_an_event_while_the_storage_is_away_fails_and_raises_nothing()
    {
        var container = await JournalContainer.NewAsync(azurite);
        var transport = new SwitchedTransport();
        var name = _toys.Workflow("Toy", async (context, _) =>
        {
            context.SetStatus("waiting");
            await context.WaitAsync("changed");
        });
        await using var engine = await JournalEngine.StartAsync(JournalContainer.Through(azurite, container, transport), _toys);
        await engine.Starter.StartAsync(name, Id, "go", default);
        await engine.UntilStatusAsync(Id, "waiting");
        transport.IsOff = true;
        await Assert.ThrowsAsync<RequestFailedException>(() => engine.Starter.RaiseAsync(Id, "changed", default));
        transport.IsOff = false;
        Assert.Empty((await engine.Host.FindAsync(Id, default))!.Events);
        await engine.Starter.RaiseAsync(Id, "changed", default);
        await engine.UntilEndedAsync(Id);
    }

    [Fact]
    public async Task A_workflow_is_begun_and_goes_on_though_the_answers_to_its_writes_were_lost()
    {
        var container = await JournalContainer.NewAsync(azurite);
        var runs = 0;
        var count = _toys.Activity("Count", _ => $"run {++runs}");
        var name = _toys.Workflow("Toy", async (context, input) => context.SetStatus(await context.CallAsync(count, input, Retry)));
        await using var engine = await JournalEngine.StartAsync(JournalContainer.Through(azurite, container, new TwiceTransport()), _toys);
        foreach (var run in (string[])["run 1", "run 2"])
        {
            // The second time it takes the place of the record that has ended.
            await engine.Starter.StartAsync(name, Id, "go", default);
            await engine.UntilStatusAsync(Id, run);
            await engine.UntilEndedAsync(Id);
        }
    }

    [Fact]
    public async Task A_head_whose_instance_another_head_has_taken_leaves_it_alone()
    {
        var container = await JournalContainer.NewAsync(azurite);
        var name = _toys.Workflow("Toy", async (context, _) =>
        {
            context.SetStatus("waiting");
            await context.WaitAsync("changed");
            context.SetStatus("woken");
        });
        await using var stalled = await JournalEngine.StartAsync(container, _toys);
        await stalled.Starter.StartAsync(name, Id, "go", default);
        await stalled.UntilStatusAsync(Id, "waiting");
        await using var next = await JournalEngine.StartAsync(container, _toys);
        await next.Starter.RaiseAsync(Id, "changed", default);
        await next.UntilEndedAsync(Id);
        await Assert.ThrowsAsync<JournalTakenOver>(() => stalled.Starter.RaiseAsync(Id, "changed", default));
        Assert.Equal("woken", await next.StatusAsync(Id));
    }
}
