using Serverless.Service.Pipeline;
using Serverless.Tests.Shared;

namespace Serverless.Service.Tests.Pipeline;

/// <summary>A process that dies is a run that is never heard of again.</summary>
public sealed class ActivityDeathsTests(AzuriteFixture azurite)
{
    private static readonly ActivityScope s_scope = new("an-instance", DateTimeOffset.MaxValue, TestContext.Current.CancellationToken);

    [Fact]
    public async Task Five_deaths_in_one_activity_fail_it_at_each_attempt_and_the_next_activity_runs()
    {
        var deaths = new ActivityDeaths(await azurite.NewAccountAsync());
        for (var death = 0; death < ActivityDeaths.Most; death++)
            await DieAsync(deaths, commits: 0);
        for (var attempt = 0; attempt < 2; attempt++)
        {
            var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => deaths.RunAsync(new Work(_ => Task.CompletedTask), "", s_scope));
            Assert.Equal("the process died 5 times in it without coming further", fault.Message);
        }
        Assert.Equal("done", await deaths.RunAsync(new OtherWork(), "", s_scope));
        Assert.Equal("done", await deaths.RunAsync(new Work(_ => Task.CompletedTask), "", s_scope));
    }

    [Fact]
    public async Task Another_input_is_another_call_that_nobody_has_died_in()
    {
        var deaths = new ActivityDeaths(await azurite.NewAccountAsync());
        for (var death = 0; death < ActivityDeaths.Most; death++)
            await DieAsync(deaths, commits: 0);
        Assert.Equal("done", await deaths.RunAsync(new Work(_ => Task.CompletedTask), "later", s_scope));
    }

    [Fact]
    public async Task Deaths_that_follow_a_commit_are_counted_anew()
    {
        var deaths = new ActivityDeaths(await azurite.NewAccountAsync());
        for (var death = 0; death < 3 * ActivityDeaths.Most; death++)
            await DieAsync(deaths, commits: 2);
        Assert.Equal("done", await deaths.RunAsync(new Work(_ => Task.CompletedTask), "", s_scope));
    }

    [Fact]
    public async Task A_fault_or_a_stop_is_no_death()
    {
        var deaths = new ActivityDeaths(await azurite.NewAccountAsync());
        for (var run = 0; run < 2 * ActivityDeaths.Most; run++)
        {
            await Assert.ThrowsAsync<IOException>(() => deaths.RunAsync(new Work(_ => throw new IOException("away")), "", s_scope));
            await Assert.ThrowsAsync<OperationCanceledException>(() => deaths.RunAsync(new Work(_ => throw new OperationCanceledException()), "", s_scope));
        }
        Assert.Equal("done", await deaths.RunAsync(new Work(_ => Task.CompletedTask), "", s_scope));
    }

    [Fact]
    public async Task Each_instance_has_a_count_of_its_own()
    {
        var deaths = new ActivityDeaths(await azurite.NewAccountAsync());
        for (var death = 0; death < ActivityDeaths.Most; death++)
            await DieAsync(deaths, commits: 0);
        Assert.Equal("done", await deaths.RunAsync(new Work(_ => Task.CompletedTask), "", s_scope with { InstanceId = "another" }));
    }

    /// <summary>Begins a run, which commits and then stands still forever.</summary>
    private static async Task DieAsync(ActivityDeaths deaths, int commits)
    {
        var dying = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var run = deaths.RunAsync(
            new Work(async scope =>
            {
                for (var commit = 0; commit < commits; commit++)
                    await scope.CommittedAsync();
                dying.SetResult();
                await new TaskCompletionSource().Task;
            }),
            "", s_scope);
        // A run that was refused ends by itself.
        await await Task.WhenAny(dying.Task, run);
    }

    private sealed class Work(Func<ActivityScope, Task> work) : IActivity<string, string>
    {
        public async Task<string> RunAsync(string input, ActivityScope scope)
        {
            await work(scope);
            return "done";
        }
    }

    private sealed class OtherWork : IActivity<string, string>
    {
        public Task<string> RunAsync(string input, ActivityScope scope) => Task.FromResult("done");
    }
}
