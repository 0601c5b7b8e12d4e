using Serverless.Local.Journal;
using Serverless.Service.Pipeline;
using Serverless.Tests.Port;
using Serverless.Tests.Shared;

namespace Serverless.Local.Tests.Journal;

/// <summary>An activity that kills its process again and again is given up, unless it comes further in between.</summary>
public sealed class JournalDeathTests(AzuriteFixture azurite)
{
    private const string Id = "instance-1";
    private static readonly RetrySchedule Retry = new(3, TimeSpan.FromSeconds(1), 2, TimeSpan.FromSeconds(9));
    private readonly ToyParts _toys = new();
    private int _starts;

    [Fact]
    public async Task Five_deaths_in_one_activity_fail_it_and_the_workflow_hears_of_it()
    {
        var deadly = DeadlyActivity(commitsAtStart: 0);
        var container = await StartAsync(deadly);
        await DieAsync(container, 5);
        await using var last = await JournalEngine.StartAsync(container, _toys);
        await last.UntilEndedAsync(Id);
        Assert.Equal(5, _starts);
        Assert.Equal(
            "Deadly failed: the process died 5 times in it without coming further", (await last.Host.FindAsync(Id, default))!.Status);
    }

    [Fact]
    public async Task A_commit_in_between_begins_the_count_anew()
    {
        var deadly = DeadlyActivity(commitsAtStart: 3);
        var container = await StartAsync(deadly);
        await DieAsync(container, 7);
        await using var last = await JournalEngine.StartAsync(container, _toys);
        await last.UntilEndedAsync(Id);
        Assert.Equal(7, _starts);
    }

    [Fact]
    public async Task A_head_that_was_stopped_in_order_did_not_die()
    {
        var polite = _toys.Activity("Polite", async (_, scope) =>
        {
            _starts++;
            await Task.Delay(Timeout.Infinite, scope.Stopping);
            return "";
        });
        var container = await StartAsync(polite);
        for (var head = 1; head <= 7; head++)
        {
            await using var engine = await JournalEngine.StartAsync(container, _toys);
            await UntilStartedAsync(head);
        }
        await using var last = await JournalEngine.StartAsync(container, _toys);
        await UntilStartedAsync(8);
        Assert.Equal(1, (await last.Host.FindAsync(Id, default))!.Pending!.Starts);
    }

    [Fact]
    public async Task What_an_activity_returns_when_asked_to_stop_is_kept()
    {
        var prompt = _toys.Activity("Prompt", async (_, scope) =>
        {
            _starts++;
            await Task.Delay(Timeout.Infinite, scope.Stopping).ContinueWith(_ => { }, TaskScheduler.Default);
            return "in time";
        });
        var container = await StartAsync(prompt, (context, result) => context.SetStatus(result));
        await using (await JournalEngine.StartAsync(container, _toys))
            await UntilStartedAsync(1);
        await using var second = await JournalEngine.StartAsync(container, _toys);
        await second.UntilEndedAsync(Id);
        Assert.Equal("in time", (await second.Host.FindAsync(Id, default))!.Status);
        Assert.Equal(1, _starts);
    }

    [Fact]
    public async Task An_activity_that_a_stopped_head_has_left_did_not_die_and_changes_nothing_any_more()
    {
        var ends = new TaskCompletionSource<string>();
        var deaf = _toys.Activity("Deaf", async (_, _) =>
        {
            _starts++;
            return await ends.Task;
        });
        var container = await StartAsync(deaf);
        for (var head = 1; head <= 7; head++)
        {
            var engine = await JournalEngine.StartAsync(container, _toys);
            await UntilStartedAsync(head);
            engine.Host.BeginStop();
            Assert.Equal([$"{Id} (Deaf)"], await engine.Host.LeaveAsync(default));
        }
        var store = new JournalStore(container);
        var left = await store.FindAsync(Id, default);
        Assert.Equal(0, left!.Value.Record.Pending!.Starts);
        ends.SetResult("too late");
        await Task.Delay(200);
        Assert.Equal(left.Value.ETag, (await store.FindAsync(Id, default))!.Value.ETag);
        await using var last = await JournalEngine.StartAsync(container, _toys);
        await last.UntilEndedAsync(Id);
        Assert.Equal(8, _starts);
    }

    private ActivityName<string, string> DeadlyActivity(int commitsAtStart) => _toys.Activity("Deadly", async (_, scope) =>
    {
        if (_starts + 1 == commitsAtStart)
            await scope.CommittedAsync();
        _starts++;
        return await new TaskCompletionSource<string>().Task;
    });

    private async Task<Azure.Storage.Blobs.BlobContainerClient> StartAsync(
        ActivityName<string, string> activity, Action<IWorkflowContext, string>? then = null)
    {
        var name = _toys.Workflow("Toy", async (context, input) =>
        {
            try
            {
                var result = await context.CallAsync(activity, input, Retry);
                then?.Invoke(context, result);
            }
            catch (ActivityFailure failure)
            {
                context.SetStatus(failure.Message);
            }
        });
        var container = await JournalContainer.NewAsync(azurite);
        var starter = new JournalWorkflowHost(
            container,
            new JournalParts().Add(name, _toys.Workflows["Toy"]),
            new JournalSettings(),
            TimeProvider.System,
            Microsoft.Extensions.Logging.Abstractions.NullLogger<JournalWorkflowHost>.Instance);
        await starter.StartAsync(name, Id, "go", default);
        return container;
    }

    /// <summary>Starts heads one after another and abandons each in the middle of the activity.</summary>
    private async Task DieAsync(Azure.Storage.Blobs.BlobContainerClient container, int times)
    {
        for (var death = 1; death <= times; death++)
        {
            await JournalEngine.StartAsync(container, _toys);
            await UntilStartedAsync(death);
        }
    }

    private async Task UntilStartedAsync(int times)
    {
        for (var look = 0; _starts < times; look++)
        {
            Assert.True(look < 1000, $"the activity was started {_starts} times, not {times}");
            await Task.Delay(10);
        }
    }
}
