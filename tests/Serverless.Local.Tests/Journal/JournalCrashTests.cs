using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;
using Serverless.Service.Pipeline;
using Serverless.Tests.Port;
using Serverless.Tests.Shared;

namespace Serverless.Local.Tests.Journal;

/// <summary>A process that dies at any write, before or after it reached the storage, loses nothing: the next one ends the work.</summary>
public sealed class JournalCrashTests(AzuriteFixture azurite)
{
    private const string Id = "instance-1";
    private static readonly RetrySchedule Retry = new(3, TimeSpan.FromSeconds(1), 2, TimeSpan.FromSeconds(9));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_head_killed_at_any_write_is_followed_by_one_that_ends_the_work(bool lastWriteArrives)
    {
        var deaths = 0;
        for (var writes = 0; await RunWithDeathAfterAsync(writes, lastWriteArrives); writes++)
            deaths++;
        // The instance, the event, the first turn; then the result of each of five activities, the attempt that fails and the next one,
        // and the end of each of two waits and two sleeps. The start of what follows is noted with them.
        Assert.Equal(3 + 5 + 2 + 4, deaths);
    }

    /// <summary>Runs the script on a head that dies after so many writes, then on a second one.</summary>
    /// <returns>False if the first head came to the end.</returns>
    private async Task<bool> RunWithDeathAfterAsync(int writes, bool lastWriteArrives)
    {
        var toys = new ToyParts();
        var log = new ConcurrentQueue<string>();
        var container = await JournalContainer.NewAsync(azurite);
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        Script(toys, log);
        var transport = new DyingTransport(writes, lastWriteArrives);
        var first = await JournalEngine.StartAsync(JournalContainer.Through(azurite, container, transport), toys, clock);
        var died = await DriveAsync(first, transport.Death);
        await first.Host.StopAsync(default);
        await using var second = await JournalEngine.StartAsync(container, toys, clock);
        Assert.False(await DriveAsync(second, new TaskCompletionSource().Task));
        Assert.Equal("second round: A1 B1 B2 C2", (await second.Host.FindAsync(Id, default))!.Status);
        // An activity may be run twice around a death, but never in another order.
        Assert.Equal(["A1", "B1", "A2", "B2", "C2"], log.Distinct());
        Assert.Equal(log, log.OrderBy(entry => Array.IndexOf(["A1", "B1", "A2", "B2", "C2"], entry)));
        Assert.InRange(log.Count, 5, 6);
        return died;
    }

    private static void Script(ToyParts toys, ConcurrentQueue<string> log)
    {
        var failures = 0;
        var a = toys.Activity("A", round => Logged($"A{round}"));
        var b = toys.Activity("B", round => failures++ == 0 ? throw new IOException("busy") : Logged($"B{round}"));
        var c = toys.Activity("C", round => Logged($"C{round}"));
        toys.Workflow("Toy", async (context, input) =>
        {
            var words = input.Split('|');
            var first = await context.CallAsync(a, words[0], Retry);
            context.SetStatus("waiting");
            await context.WaitAsync("changed", TimeSpan.FromMinutes(1));
            var second = await context.CallAsync(b, words[0], Retry);
            await context.SleepAsync(TimeSpan.FromSeconds(5));
            if (words[0] == "1")
            {
                context.ContinueAsNew($"2|{first} {second}");
                return;
            }
            context.SetStatus($"second round: {words[1]} {second} {await context.CallAsync(c, words[0], Retry)}");
        });

        string Logged(string entry)
        {
            log.Enqueue(entry);
            return entry;
        }
    }

    /// <summary>Starts the instance as a client that tries again would, raises its event, and lets time pass until it ends.</summary>
    /// <returns>True if the head died first.</returns>
    private static async Task<bool> DriveAsync(JournalEngine engine, Task death)
    {
        try
        {
            if (await engine.StatusAsync(Id) is null)
                await engine.Starter.StartAsync(new WorkflowName<string>("Toy"), Id, "1", default);
            await engine.Starter.RaiseAsync(Id, "changed", default);
        }
        catch (Azure.RequestFailedException) when (death.IsCompleted)
        {
            return true;
        }
        for (var look = 0; !death.IsCompleted && !await engine.HasEndedAsync(Id); look++)
        {
            Assert.True(look < 1000, "the instance did not end");
            await engine.PassAsync(TimeSpan.FromSeconds(1));
        }
        return death.IsCompleted;
    }
}
