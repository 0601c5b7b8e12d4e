using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Serverless.Functions.Activities;
using Serverless.Functions.Settings;
using Serverless.Service.Pipeline;
using Serverless.Tests.Shared;

namespace Serverless.Functions.Tests.Activities;

/// <summary>Activities behind functions, in a process that is told to stop as the Functions host does it.</summary>
public sealed partial class ActivityRunsTests(AzuriteFixture azurite) : IDisposable
{
    private readonly ScopedLines _lines = new();

    [Fact]
    public async Task A_process_that_is_told_to_stop_waits_until_the_activity_has_committed()
    {
        var ct = TestContext.Current.CancellationToken;
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var uploaded = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var process = await StartAsync(async scope =>
        {
            var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var asked = scope.Stopping.Register(stopping.SetResult);
            await stopping.Task;
            told.SetResult();
            await uploaded.Task;
            return "committed";
        });
        var call = CallAsync(process);
        await process.Services.GetRequiredService<Work>().Begun.WaitAsync(ct);
        var stopped = process.StopAsync(ct);
        await told.Task.WaitAsync(ct);
        Assert.False(stopped.IsCompleted);

        uploaded.SetResult();
        await stopped.WaitAsync(ct);

        Assert.Equal("committed", await call);
        Assert.DoesNotContain(_lines.Lines, line => line.Level >= LogLevel.Warning);
    }

    [Fact]
    public async Task A_process_that_must_end_all_the_same_says_how_many_it_has_left()
    {
        var never = new TaskCompletionSource<string>();
        using var process = await StartAsync(_ => never.Task);
        var call = CallAsync(process);

        await process.Services.GetRequiredService<RunningActivities>().StopAsync(new CancellationToken(canceled: true));

        Assert.False(call.IsCompleted);
        Assert.Contains(_lines.Lines, line => line is
        {
            Level: LogLevel.Warning, Message: "The process ends while activities run (1); they are run again from what they have committed",
        });
        never.SetResult("");
        await call;
    }

    [Fact]
    public async Task What_an_activity_logs_and_that_it_failed_bear_the_id_of_its_job()
    {
        using var process = await StartAsync(_ => throw new IOException("the disk is full"));

        var fault = await Assert.ThrowsAsync<IOException>(() => CallAsync(process));

        var about = _lines.Lines.Where(line => line.Scope.Length > 0).ToList();
        Assert.All(about, line => Assert.Equal("InstanceId=an-instance Activity=Work", line.Scope));
        Assert.Equal(
            [
                (LogLevel.Information, "it works", null),
                (LogLevel.Error, "Work of an-instance failed; the workflow decides whether it is tried again", fault),
            ],
            about.Select(line => (line.Level, line.Message, line.Fault)));
    }

    [Fact]
    public async Task An_activity_that_leaves_because_the_process_stops_has_not_failed()
    {
        using var process = await StartAsync(async scope =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, scope.Stopping);
            return "";
        });
        var call = CallAsync(process);
        await process.Services.GetRequiredService<Work>().Begun.WaitAsync(TestContext.Current.CancellationToken);
        await process.StopAsync(TestContext.Current.CancellationToken);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.DoesNotContain(_lines.Lines, line => line.Level >= LogLevel.Warning);
    }

    [Fact]
    public async Task The_head_has_its_process_wait_for_activities()
    {
        await using var services = new ServiceCollection()
            .AddLogging()
            .AddCloudHead(new CloudSettings { Data = Path.GetTempPath(), StorageAccount = new() { ConnectionString = "UseDevelopmentStorage=true" } }, new FunctionLimits(null))
            .BuildServiceProvider();
        Assert.Contains<IHostedService>(services.GetRequiredService<RunningActivities>(), services.GetServices<IHostedService>());
        Assert.Equal(RunningActivities.LongestWait, services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout);
    }

    public void Dispose() => _lines.Dispose();

    private static Task<string> CallAsync(IHost process) =>
        process.Services.GetRequiredService<ActivityRuns>().RunAsync<Work, string, string>("", new CalledFunction("an-instance"));

    private async Task<IHost> StartAsync(Func<ActivityScope, Task<string>> work)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.AddProvider(_lines);
        builder.Services
            .AddSingleton(await azurite.NewAccountAsync())
            .AddSingleton(TimeProvider.System)
            .AddSingleton(new CloudSettings())
            .AddSingleton(new FunctionLimits(null))
            .AddSingleton<ActivityDeaths>()
            .AddSingleton<ActivityRuns>()
            .AddSingleton<RunningActivities>()
            .AddHostedService(provider => provider.GetRequiredService<RunningActivities>())
            .AddSingleton(provider => new Work(work, provider.GetRequiredService<ILogger<Work>>()));
        var process = builder.Build();
        await process.StartAsync(TestContext.Current.CancellationToken);
        return process;
    }

    private sealed partial class Work(Func<ActivityScope, Task<string>> work, ILogger<Work> logger) : IActivity<string, string>
    {
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Begun => _begun.Task;

        public Task<string> RunAsync(string input, ActivityScope scope)
        {
            LogWorks();
            _begun.SetResult();
            return work(scope);
        }

        [LoggerMessage(Level = LogLevel.Information, Message = "it works")]
        private partial void LogWorks();
    }
}
