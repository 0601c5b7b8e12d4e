using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Serverless.Local.Composition;
using Serverless.Service.Jobs;
using Serverless.Tests.Shared;

namespace Serverless.Local.Tests.Composition;

public sealed class HeadLeaseTests(AzuriteFixture azurite)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_head_that_a_slow_storage_refuses_late_asks_once_more()
    {
        // Read after the refusal, to see whose lease it is.
        var call = new InterruptedCall("GET", "local-head", "");
        var (prefix, clock) = (await azurite.NewPrefixAsync(), new FakeTimeProvider(DateTimeOffset.UtcNow));
        var account = call.Open(azurite, prefix);
        await account.CreateContainersAsync(Ct);
        var other = await TrainerLease.TryAcquireAsync(azurite.Open(prefix), new JobId("local-head"), TimeProvider.System, NullLogger.Instance, Ct);
        await using var services = new ServiceCollection().AddLogging().AddSingleton<TimeProvider>(clock).AddSingleton(account).BuildServiceProvider();

        call.Before = async () =>
        {
            clock.Advance(TimeSpan.FromSeconds(30));
            await other!.DisposeAsync();
        };
        var acquiring = HeadLease.AcquireAsync(services, Ct);
        while (!acquiring.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(10, Ct);
        }

        await using var lease = await acquiring;
    }
}
