using System.Globalization;
using Serverless.Tests.Shared;

namespace Serverless.Load.Running;

/// <summary>Puts loads on heads and prints a table.</summary>
internal static class LoadCommand
{
    private const string Usage = "usage: --share S [--load NAME,NAME]; S: the part of each load, above 0, at most 1";

    /// <returns>0: every figure is within its bound; 1: one is not; 2: the words are wrong.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> words, TextWriter output)
    {
        var names = After("--load")?.Split(',');
        var loads = LoadList.All.Where(load => names?.Contains(load.Name) != false).ToList();
        if (!double.TryParse(After("--share") ?? "1", CultureInfo.InvariantCulture, out var share) || share is not (> 0 and <= 1))
        {
            await output.WriteLineAsync(Usage);
            return 2;
        }
        if (names is not null && loads.Count != names.Length)
        {
            await output.WriteLineAsync($"There is no such load; allowed: {string.Join(", ", LoadList.All.Select(load => load.Name))}");
            return 2;
        }
        await using var azurite = new AzuriteFixture();
        var figures = new List<LoadFigure>();
        foreach (var load in loads)
        {
            await output.WriteLineAsync($"{load.Name}:");
            var run = new LoadRun(azurite, load.Name, share, output, CancellationToken.None);
            await load.RunAsync(run);
            figures.AddRange(run.Figures);
        }
        await output.WriteLineAsync($"\n{LoadTable.Of(figures)}");
        return figures.All(figure => figure.Holds) ? 0 : 1;

        string? After(string option) => words.SkipWhile(word => word != option).Skip(1).FirstOrDefault();
    }
}
