using System.Diagnostics;
using Serverless.Tests.Heads;
using Serverless.Tests.Shared;

namespace Serverless.Benchmarks.Scenarios;

/// <summary>
/// The local head starts, a process of its own, on a storage that is up and has been used before, and answers its first request, the list of
/// jobs. A repetition ends with that answer; how the head ends is not counted.
/// </summary>
internal sealed class HeadStarts : IScenario
{
    /// <summary>The figure that is 0 if no start and no list made the head load libtorch.</summary>
    public const string Libtorch = "starts with libtorch loaded";

    public string Name => "start of the local head to its first answer";

    public string Unit => "starts";

    public Ceiling? Ceiling => null;

    public ModelShape? Shape => null;

    // The process that measures does nothing else meanwhile.
    public Reading Measure(string folder, Stopclock clock) => MeasureAsync(clock, CancellationToken.None).GetAwaiter().GetResult();

    private static async Task<Reading> MeasureAsync(Stopclock clock, CancellationToken ct)
    {
        await using var azurite = new AzuriteFixture();
        using var place = HeadPlace.On(azurite.ConnectionString, await azurite.NewPrefixAsync());
        var (peak, loaded) = (0L, 0);
        var reading = await clock.ReadAsync(async () =>
        {
            var begun = Stopwatch.GetTimestamp();
            await using var head = await HeadProcess.StartAsync(place);
            await head.GetAsync("fine_tuning/jobs", ct);
            var time = Stopwatch.GetElapsedTime(begun);
            foreach (var list in new[] { "files", "models" }) await head.GetAsync(list, ct);
            if (HeadUse.IsKnown)
            {
                peak = Math.Max(peak, HeadUse.PeakMemory(head.Id));
                if (HeadUse.HasMapped(head.Id, "libtorch")) loaded++;
            }
            return time;
        }, () => peak);
        return HeadUse.IsKnown ? reading with { Figures = new Dictionary<string, double> { [Libtorch] = loaded } } : reading;
    }
}
