using Azure.Storage.Blobs;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Serverless.Functions.Settings;
using Serverless.Functions.Tests.Durable;
using Serverless.Functions.Upkeep;
using Serverless.Service.Storage;

namespace Serverless.Functions.Tests.Upkeep;

public sealed class UpkeepFunctionTests
{
    [Fact]
    public async Task Histories_are_forgotten_though_the_storage_is_away_and_the_call_fails()
    {
        var ct = TestContext.Current.CancellationToken;
        await using var host = await DurableTaskTestHost.StartAsync(
            tasks => tasks.AddOrchestratorFunc<string>("Nothing", (_, _) => Task.CompletedTask), new DurableTaskTestHostOptions { Port = DurableEngine.FreePort() }, ct);
        var instance = await host.Client.ScheduleNewOrchestrationInstanceAsync("Nothing", "input", ct);
        await host.Client.WaitForInstanceCompletionAsync(instance, ct);
        await using var services = new ServiceCollection()
            .AddLogging()
            .AddSingleton<TimeProvider>(new FakeTimeProvider(DateTimeOffset.UtcNow.AddDays(8)))
            .AddCloudHead(new CloudSettings { Data = Path.GetTempPath() }, new FunctionLimits(null))
            .AddSingleton(new BlobAccount(Nowhere()))
            .BuildServiceProvider();
        var upkeep = ActivatorUtilities.CreateInstance<UpkeepFunction>(services);
        await Assert.ThrowsAnyAsync<Exception>(() => upkeep.RunAsync(new TimerInfo(), host.Client, ct));
        Assert.Null(await host.Client.GetInstanceAsync(instance, ct));
    }

    /// <summary>A storage that refuses every connection; nothing listens at port 1.</summary>
    private static BlobServiceClient Nowhere()
    {
        var options = new BlobClientOptions();
        options.Retry.MaxRetries = 0;
        return new BlobServiceClient(StorageSettings.DevelopmentStorageAt(1), options);
    }
}
