using Serverless.Benchmarks.Scenarios;
using Serverless.Tests.Heads;

namespace Serverless.Benchmarks.Tests;

/// <summary>The scenarios of a head, in small, with a real one and a real storage emulator. How fast it is, is not asked here.</summary>
public sealed class HeadScenarioTests
{
    [Fact(Timeout = 300_000)]
    public async Task A_start_and_lists_are_read_from_a_real_head_that_does_not_load_libtorch()
    {
        Assert.SkipUnless(HeadUse.IsKnown, "the libraries of a process are listed in /proc, which only Linux has");
        var reading = await Task.Run(() => new HeadStarts().Measure("", new Stopclock(seconds: 0.001)), TestContext.Current.CancellationToken);
        Assert.Equal(2, reading.Seconds.Count);
        Assert.All(reading.Seconds, seconds => Assert.InRange(seconds, 0.01, 300));
        Assert.Equal(0, reading.Figures[HeadStarts.Libtorch]);
        Assert.InRange(reading.PeakBytes, 20_000_000, 1_000_000_000);
    }

    [Fact(Timeout = 600_000)]
    public async Task First_steps_and_changes_of_chunks_are_read_from_jobs_of_a_real_head()
    {
        var shape = new ModelShape("narrow", 8192, Width: 64, Inner: 64, Layers: 1, Heads: 1, KeyValueHeads: 1);
        var folder = Directory.CreateTempSubdirectory("benchmark-shape-");
        try
        {
            shape.WriteTo(folder.FullName);
            var reading = await Task.Run(() => new WarmJobs(shape, chunkSeconds: 2).Measure(folder.FullName, new Stopclock(seconds: 0.001)), TestContext.Current.CancellationToken);
            Assert.Equal(2, reading.Seconds.Count);
            Assert.All(reading.Seconds, seconds => Assert.InRange(seconds, 0.001, 300));
            Assert.InRange(reading.Figures[WarmJobs.Change], 0.001, 60);
            Assert.True(reading.Figures[WarmJobs.Overhead] > reading.Figures[WarmJobs.Change] * 4 / 240, $"found {reading.Figures[WarmJobs.Overhead]}");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
