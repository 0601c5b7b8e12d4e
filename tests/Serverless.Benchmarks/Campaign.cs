using Serverless.Benchmarks.Peers;
using Serverless.Benchmarks.Report;
using Serverless.Learning;

namespace Serverless.Benchmarks;

/// <summary>
/// All scenarios, in turns: each round measures every one of them once, ceilings included, so that a machine that is slow for a while is slow
/// for all.
/// </summary>
internal sealed class Campaign(BenchmarkOptions options)
{
    public async Task<int> RunAsync(CancellationToken ct)
    {
        var figures = ScenarioList.Figures.Where(scenario => scenario.Name.Contains(options.Only ?? "", StringComparison.OrdinalIgnoreCase)).ToList();
        if (figures.Count == 0) throw new InputError($"--only: found no scenario with \"{options.Only}\"; there are {string.Join("; ", ScenarioList.Figures.Select(each => each.Name))}");
        var asksPeer = options.Python is not null && figures.Any(scenario => scenario.Name == PyTorch.Beside);
        var rounds = new List<Round>();
        var models = Directory.CreateTempSubdirectory("benchmark-models-");
        try
        {
            foreach (var shape in figures.Select(scenario => scenario.Shape).OfType<ModelShape>().Distinct())
                await ChildProcess.WriteAsync(shape, models.FullName, options, ct);
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
                await Console.Error.WriteLineAsync($"round {number} of {options.Rounds}: {scenario.Name}");
                readings[scenario.Name] = await ChildProcess.MeasureAsync(scenario, models.FullName, options, ct);
            }
            if (!asksPeer) return new Round(readings, null);
            await Console.Error.WriteLineAsync($"round {number} of {options.Rounds}: PyTorch");
            return new Round(readings, await PyTorch.MeasureAsync(options.Python!, options, ct));
        }
    }
}
