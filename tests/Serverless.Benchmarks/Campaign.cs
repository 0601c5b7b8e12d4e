using Serverless.Benchmarks.Peers;
using Serverless.Benchmarks.Report;
using Serverless.Learning;

namespace Serverless.Benchmarks;

/// <summary>
/// All scenarios, in turns: each round measures every one of them once, ceilings and other programs included, so that a machine that is slow for
/// a while is slow for all.
/// </summary>
internal sealed class Campaign(BenchmarkOptions options)
{
    public async Task<int> RunAsync(CancellationToken ct)
    {
        var figures = ScenarioList.Figures.Where(scenario => options.Asks(scenario.Name)).ToList();
        if (figures.Count == 0) throw new InputError($"--only: found no scenario with \"{options.Only}\"; there are {string.Join("; ", ScenarioList.Figures.Select(each => each.Name))}");
        var peers = Peers().Where(peer => peer.Beside.Any(figures.Contains)).ToList();
        // What another program does is measured beside all of ours that it stands for.
        figures = [.. ScenarioList.Figures.Where(scenario => figures.Contains(scenario) || peers.Any(peer => peer.Beside.Contains(scenario)))];
        var rounds = new List<Round>();
        var models = Directory.CreateTempSubdirectory("benchmark-models-");
        try
        {
            foreach (var shape in figures.Select(scenario => scenario.Shape).OfType<ModelShape>().Distinct())
                await ChildProcess.WriteAsync(shape, models.FullName, options, ct);
            foreach (var peer in peers) await peer.PrepareAsync(models.FullName, ct);
            for (var number = 1; number <= options.Rounds; number++)
            {
                rounds.Add(await TurnAsync(number));
                // After each round, so that whoever ends a long campaign keeps what was measured.
                if (options.To is { } file) await File.WriteAllTextAsync(file, MarkdownTable.Of(figures, rounds, options), ct);
            }
        }
        finally
        {
            models.Delete(recursive: true);
        }
        Console.WriteLine(MarkdownTable.Of(figures, rounds, options));
        return 0;

        async Task<Round> TurnAsync(int number)
        {
            var readings = new Dictionary<string, Reading>();
            foreach (var scenario in ScenarioList.Ceilings.Concat(figures))
            {
                await SayAsync(number, scenario.Name);
                readings[scenario.Name] = await ChildProcess.MeasureAsync(scenario, models.FullName, options, ct);
            }
            var others = new List<PeerReading>();
            foreach (var peer in peers)
            {
                await SayAsync(number, peer.Name);
                others.AddRange(await peer.MeasureAsync(models.FullName, ct));
            }
            return new Round(readings, others);
        }
    }

    private IEnumerable<IPeer> Peers()
    {
        if (options.Python is not null) yield return new PyTorch(options);
        if (options.LlamaBench is not null) yield return new LlamaBench(options);
    }

    private Task SayAsync(int round, string what) => Console.Error.WriteLineAsync($"{DateTime.Now:HH:mm:ss} round {round} of {options.Rounds}: {what}");
}
