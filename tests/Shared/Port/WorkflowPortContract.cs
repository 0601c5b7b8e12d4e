using System.Collections.Concurrent;
using Serverless.Service.Pipeline;

namespace Serverless.Tests.Port;

/// <summary>
/// What every engine behind the workflow port promises. Written against the port alone; each engine has a class of its own that derives
/// from this one.
/// </summary>
public abstract class WorkflowPortContract
{
    private const string Id = "instance-1";
    private static readonly RetrySchedule Once = new(1, TimeSpan.FromSeconds(1), 1, TimeSpan.FromSeconds(1));
    private readonly ConcurrentQueue<string> _seen = new();

    protected ToyParts Parts { get; } = new();

    /// <summary>Starts an engine that runs <see cref="Parts"/>, on a storage of its own.</summary>
    protected abstract Task<PortEngine> StartEngineAsync();

    [Fact]
    public async Task Results_of_activities_reach_the_workflow_in_order()
    {
        var upper = Parts.Activity("Upper", text => text.ToUpperInvariant());
        var twice = Parts.Activity("Twice", text => text + text);
        await RunToEndAsync(async (context, input) =>
        {
            var first = await context.CallAsync(upper, input, Once);
            var second = await context.CallAsync(twice, first, Once);
            Report(context, $"{context.InstanceId} {second}");
        });
        Assert.Equal([$"{Id} GOGO"], _seen);
    }

    [Fact]
    public async Task An_activity_that_throws_is_run_again_when_its_schedule_says_so()
    {
        var tries = 0;
        var shaky = Parts.Activity("Shaky", text => ++tries < 3 ? throw new InvalidOperationException("not yet: so far\n2 lines") : text);
        await using var engine = await StartAsync(async (context, input) =>
        {
            context.SetStatus("calling");
            var started = context.CurrentUtcTime;
            Report(context, await context.CallAsync(shaky, input, new RetrySchedule(3, TimeSpan.FromSeconds(1), 2, TimeSpan.FromSeconds(9))));
            Report(context, context.CurrentUtcTime - started >= TimeSpan.FromSeconds(3) ? "after 3 s" : "too soon");
        });
        await PassUntilEndedAsync(engine);
        Assert.Equal(["go", "after 3 s"], _seen);
        Assert.Equal(3, tries);
    }

    [Fact]
    public async Task An_activity_that_throws_at_every_attempt_fails_in_a_way_the_workflow_can_catch()
    {
        var tries = 0;
        var broken = Parts.Activity("Broken", string (_) => throw new InvalidOperationException($"try {++tries}"));
        await using var engine = await StartAsync(async (context, input) =>
        {
            try
            {
                await context.CallAsync(broken, input, new RetrySchedule(2, TimeSpan.FromSeconds(1), 1, TimeSpan.FromSeconds(1)));
            }
            catch (ActivityFailure failure)
            {
                Report(context, failure.Activity);
            }
            await context.SleepAsync(TimeSpan.FromSeconds(1));
            Report(context, "went on");
        });
        await PassUntilEndedAsync(engine);
        Assert.Equal(["Broken", "went on"], _seen);
        Assert.Equal(2, tries);
    }

    [Fact]
    public async Task A_wait_ends_at_its_event_when_that_comes_first()
    {
        await using var engine = await StartAsync(async (context, _) =>
        {
            context.SetStatus("waiting");
            var came = await context.WaitAsync("changed", TimeSpan.FromDays(3));
            Report(context, $"{came}");
        });
        await engine.UntilStatusAsync(Id, "waiting");
        await engine.Starter.RaiseAsync(Id, "changed", default);
        await engine.UntilEndedAsync(Id);
        Assert.Equal(["True"], _seen);
    }

    [Fact]
    public async Task A_wait_ends_at_its_time_when_no_event_comes()
    {
        await using var engine = await StartAsync(async (context, _) =>
        {
            context.SetStatus("waiting");
            var came = await context.WaitAsync("changed", TimeSpan.FromSeconds(2));
            Report(context, $"{came}");
        });
        await engine.UntilStatusAsync(Id, "waiting");
        await engine.Starter.RaiseAsync(Id, "something else", default);
        await PassUntilEndedAsync(engine);
        Assert.Equal(["False"], _seen);
    }

    [Fact]
    public async Task An_event_that_came_before_the_wait_ends_the_wait()
    {
        await using var engine = await StartAsync(async (context, _) =>
        {
            context.SetStatus("busy");
            await context.SleepAsync(TimeSpan.FromSeconds(1));
            var came = await context.WaitAsync("changed");
            Report(context, $"{came}");
        });
        await engine.UntilStatusAsync(Id, "busy");
        await engine.Starter.RaiseAsync(Id, "changed", default);
        await PassUntilEndedAsync(engine);
        Assert.Equal(["True"], _seen);
    }

    [Fact]
    public async Task Each_event_ends_one_wait()
    {
        await using var engine = await StartAsync(async (context, _) =>
        {
            context.SetStatus("busy");
            await context.SleepAsync(TimeSpan.FromSeconds(1));
            for (var wait = 0; wait < 3; wait++)
            {
                var came = await context.WaitAsync("changed", TimeSpan.FromSeconds(1));
                Report(context, $"{came}");
            }
        });
        await engine.UntilStatusAsync(Id, "busy");
        await engine.Starter.RaiseAsync(Id, "changed", default);
        await engine.Starter.RaiseAsync(Id, "changed", default);
        await PassUntilEndedAsync(engine);
        Assert.Equal(["True", "True", "False"], _seen);
    }

    [Fact]
    public virtual async Task Events_that_were_not_consumed_survive_continuing_as_new()
    {
        await using var engine = await StartAsync(async (context, input) =>
        {
            if (input == "go")
            {
                context.SetStatus("busy");
                await context.SleepAsync(TimeSpan.FromSeconds(1));
                context.ContinueAsNew("second run");
                return;
            }
            var came = await context.WaitAsync("changed", TimeSpan.FromSeconds(1));
            Report(context, $"{input} {came}");
        });
        await engine.UntilStatusAsync(Id, "busy");
        await engine.Starter.RaiseAsync(Id, "changed", default);
        await PassUntilEndedAsync(engine);
        Assert.Equal(["second run True"], _seen);
    }

    [Fact]
    public async Task An_event_that_comes_after_a_wait_ran_out_of_time_is_kept_for_the_next_wait()
    {
        await using var engine = await StartAsync(async (context, _) =>
        {
            Report(context, $"{await context.WaitAsync("changed", TimeSpan.FromSeconds(1))}");
            context.SetStatus("busy");
            await context.SleepAsync(TimeSpan.FromSeconds(2));
            Report(context, $"{await context.WaitAsync("changed", TimeSpan.FromSeconds(1))}");
            Report(context, $"{await context.WaitAsync("changed", TimeSpan.FromSeconds(1))}");
        });
        await PassUntilAsync(engine, async () => await engine.StatusAsync(Id) == "busy");
        await engine.Starter.RaiseAsync(Id, "changed", default);
        await PassUntilEndedAsync(engine);
        Assert.Equal(["False", "True", "False"], _seen);
    }

    [Fact]
    public virtual async Task An_event_that_comes_after_a_wait_ran_out_of_time_survives_continuing_as_new()
    {
        await using var engine = await StartAsync(async (context, input) =>
        {
            if (input == "go")
            {
                await context.WaitAsync("changed", TimeSpan.FromSeconds(1));
                context.SetStatus("busy");
                await context.SleepAsync(TimeSpan.FromSeconds(2));
                context.ContinueAsNew("second run");
                return;
            }
            Report(context, $"{input} {await context.WaitAsync("changed", TimeSpan.FromSeconds(1))}");
            Report(context, $"{input} {await context.WaitAsync("changed", TimeSpan.FromSeconds(1))}");
        });
        await PassUntilAsync(engine, async () => await engine.StatusAsync(Id) == "busy");
        await engine.Starter.RaiseAsync(Id, "changed", default);
        await PassUntilEndedAsync(engine);
        Assert.Equal(["second run True", "second run False"], _seen);
    }

    [Fact]
    public async Task Continuing_as_new_begins_with_the_new_input_and_no_history()
    {
        var echo = Parts.Activity("Echo", text => text);
        await RunToEndAsync(async (context, input) =>
        {
            var rounds = input == "go" ? 0 : int.Parse(input, System.Globalization.CultureInfo.InvariantCulture);
            Report(context, await context.CallAsync(echo, $"round {rounds}", Once));
            if (rounds < 3)
                context.ContinueAsNew($"{rounds + 1}");
        });
        Assert.Equal(["round 0", "round 1", "round 2", "round 3"], _seen);
    }

    [Fact]
    public async Task Starting_a_running_instance_again_changes_nothing()
    {
        var runs = 0;
        var count = Parts.Activity("Count", _ => $"{++runs}");
        await using var engine = await StartAsync(async (context, input) =>
        {
            await context.CallAsync(count, input, Once);
            context.SetStatus("waiting");
            await context.WaitAsync("changed");
            Report(context, input);
        });
        await engine.UntilStatusAsync(Id, "waiting");
        await engine.Starter.StartAsync(new WorkflowName<string>("Toy"), Id, "another input", default);
        await engine.Starter.RaiseAsync(Id, "changed", default);
        await engine.UntilEndedAsync(Id);
        Assert.Equal(["go"], _seen);
        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task Starting_an_instance_that_ended_is_harmless()
    {
        await using var engine = await StartAsync((_, _) => Task.CompletedTask);
        await engine.UntilEndedAsync(Id);
        await engine.Starter.StartAsync(new WorkflowName<string>("Toy"), Id, "go", default);
        await engine.UntilEndedAsync(Id);
    }

    [Fact]
    public async Task Raising_an_event_for_nobody_is_harmless()
    {
        await using var engine = await StartAsync((_, _) => Task.CompletedTask);
        await engine.UntilEndedAsync(Id);
        await engine.Starter.RaiseAsync(Id, "changed", default);
        await engine.Starter.RaiseAsync("nobody", "changed", default);
        Assert.Null(await engine.StatusAsync("nobody"));
    }

    [Fact]
    public async Task The_time_is_the_same_at_each_replay()
    {
        var times = new ConcurrentDictionary<string, ConcurrentBag<DateTimeOffset>>();
        await using var engine = await StartAsync(async (context, _) =>
        {
            for (var round = 0; round < 3; round++)
            {
                times.GetOrAdd($"{round}", _ => []).Add(context.CurrentUtcTime);
                await context.SleepAsync(TimeSpan.FromSeconds(1));
            }
        });
        await PassUntilEndedAsync(engine);
        Assert.All(times, round => Assert.Single(round.Value.Distinct()));
        var firsts = times.OrderBy(round => round.Key).Select(round => round.Value.First()).ToList();
        Assert.True(firsts[1] - firsts[0] >= TimeSpan.FromSeconds(1) && firsts[2] - firsts[1] >= TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Purging_forgets_an_instance_that_ended_and_no_other()
    {
        await using var engine = await StartAsync(async (context, _) =>
        {
            context.SetStatus("waiting");
            await context.WaitAsync("changed");
        });
        await engine.UntilStatusAsync(Id, "waiting");
        await engine.Starter.PurgeAsync(Id, default);
        Assert.Equal("waiting", await engine.StatusAsync(Id));
        await engine.Starter.RaiseAsync(Id, "changed", default);
        await engine.UntilEndedAsync(Id);
        await engine.Starter.PurgeAsync(Id, default);
        await engine.Starter.PurgeAsync("nobody", default);
        Assert.Null(await engine.StatusAsync(Id));
    }

    private async Task<PortEngine> StartAsync(Func<IWorkflowContext, string, Task> script)
    {
        var name = Parts.Workflow("Toy", script);
        var engine = await StartEngineAsync();
        await engine.Starter.StartAsync(name, Id, "go", default);
        return engine;
    }

    private async Task RunToEndAsync(Func<IWorkflowContext, string, Task> script)
    {
        await using var engine = await StartAsync(script);
        await engine.UntilEndedAsync(Id);
    }

    private static Task PassUntilEndedAsync(PortEngine engine) => PassUntilAsync(engine, () => engine.HasEndedAsync(Id));

    private static async Task PassUntilAsync(PortEngine engine, Func<Task<bool>> condition)
    {
        for (var look = 0; !await condition(); look++)
        {
            Assert.True(look < 1000, "what was waited for did not come");
            await engine.PassAsync(TimeSpan.FromSeconds(0.25));
        }
    }

    /// <summary>Notes something once, not again at each replay.</summary>
    private void Report(IWorkflowContext context, string text)
    {
        if (!context.IsReplaying)
            _seen.Enqueue(text);
    }
}
