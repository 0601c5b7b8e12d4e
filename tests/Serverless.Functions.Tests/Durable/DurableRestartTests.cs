using System.Collections.Concurrent;
using Serverless.Tests.Port;

namespace Serverless.Functions.Tests.Durable;

/// <summary>What Durable does otherwise than the journal when a history does not fit the code any more: the instance fails and is started again.</summary>
public sealed class DurableRestartTests
{
    [Fact]
    public async Task An_instance_that_failed_is_started_again_with_the_reason()
    {
        var inputs = new ConcurrentQueue<string>();
        var parts = new ToyParts();
        var name = parts.Workflow("Toy", (_, input) =>
        {
            inputs.Enqueue(input);
            return input == "go" ? throw new InvalidOperationException("the history: does not fit") : Task.CompletedTask;
        });
        await using var engine = await DurableEngine.StartAsync(parts);
        await engine.Starter.StartAsync(name, "instance-1", "go", default);
        await engine.UntilEndedAsync("instance-1");
        await engine.Starter.StartAsync(name, "instance-1", "go", default);
        while (inputs.Count < 2)
            await engine.PassAsync(TimeSpan.FromSeconds(0.05));
        Assert.Equal(["go", "go after: the history: does not fit"], inputs);
    }
}
