using Serverless.Faults.Running;
using Serverless.Tests.Heads;
using Serverless.Tests.Shared;

namespace Serverless.Faults;

/// <summary>The short form: each fault once, on a tiny model.</summary>
public sealed class FaultTests(AzuriteFixture azurite, ITestOutputHelper output)
{
    private const int Seed = 1, Kills = 3;

    public static TheoryData<string> Names => [.. FaultList.All.Where(fault => fault.IsInShortForm).Select(fault => fault.Name)];

    [Theory(Timeout = 900_000)]
    [MemberData(nameof(Names))]
    public async Task Nothing_is_lost(string name)
    {
        var fault = FaultList.All.Single(fault => fault.Name == name);
        Assert.SkipWhen(fault.Obstacle is not null, fault.Obstacle ?? "");
        using var log = new StringWriter();
        var run = new FaultRun(azurite, HeadPlace.Model, Seed, TimeSpan.Zero, Kills, isShort: true, log, TestContext.Current.CancellationToken);
        await fault.RunAsync(run);
        output.WriteLine($"{log}{string.Join('\n', run.Details)}");
        Assert.True(run.Tried > 0 && run.Losses.Count == 0, string.Join("\n", run.Losses));
    }
}
