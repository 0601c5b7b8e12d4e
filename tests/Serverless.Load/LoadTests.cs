using Serverless.Load.Running;
using Serverless.Tests.Heads;
using Serverless.Tests.Shared;

namespace Serverless.Load;

/// <summary>The short form of each load; what is promised of time and processor is for a quiet machine and not asked here.</summary>
public sealed class LoadTests(AzuriteFixture azurite, ITestOutputHelper output)
{
    private const double Share = 0.002;

    public static TheoryData<string> Names => [.. LoadList.All.Select(load => load.Name)];

    [Theory(Timeout = 600_000)]
    [MemberData(nameof(Names))]
    public async Task A_load_in_small_is_within_its_bounds(string name)
    {
        Assert.SkipUnless(HeadUse.IsKnown, "what a process uses is read from /proc, which only Linux has");
        var run = new LoadRun(azurite, name, Share, TextWriter.Null, TestContext.Current.CancellationToken);
        await LoadList.All.Single(load => load.Name == name).RunAsync(run);
        output.WriteLine(LoadTable.Of(run.Figures));
        Assert.All(run.Figures.Where(figure => !figure.OnQuietMachine), figure => Assert.True(figure.Holds, $"{figure.What}: found {figure.Figure}; allowed: {figure.Bound}"));
    }
}
