using System.Globalization;
using Serverless.Service.Models;
using Serverless.Tests.Shared;

namespace Serverless.Faults.Running;

/// <summary>Tries faults and prints a table of them.</summary>
internal static class FaultsCommand
{
    private const string Usage = "usage: --seconds N [--fault NAME,NAME] [--kills N] [--seed S] [--model NAME]";

    /// <returns>0: nothing was lost; 1: something was; 2: the words are wrong.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> words, IReadOnlyList<IFault> all, TextWriter output)
    {
        if (!double.TryParse(After("--seconds") ?? "0", CultureInfo.InvariantCulture, out var seconds)
            || !int.TryParse(After("--seed") ?? "1", CultureInfo.InvariantCulture, out var seed)
            || !int.TryParse(After("--kills") ?? "20", CultureInfo.InvariantCulture, out var kills))
        {
            await output.WriteLineAsync(Usage);
            return 2;
        }
        var names = After("--fault")?.Split(',');
        var faults = all.Where(fault => names?.Contains(fault.Name) != false).ToList();
        if (names is not null && faults.Count != names.Length)
        {
            await output.WriteLineAsync($"There is no such fault; allowed: {string.Join(", ", all.Select(fault => fault.Name))}");
            return 2;
        }
        await using var azurite = new AzuriteFixture();
        var rows = new List<string[]>();
        var details = new List<string>();
        var losses = new List<string>();
        var leftOut = new List<string>();
        foreach (var fault in faults)
        {
            if (fault.Obstacle is { } obstacle)
            {
                rows.Add([fault.Name, "0", "0", "0", "", $"left out: {obstacle}"]);
                leftOut.Add(fault.Name);
                continue;
            }
            await output.WriteLineAsync($"{fault.Name}:");
            // Each a share of the time.
            var run = new FaultRun(azurite, After("--model") ?? SampleModel.Name, seed, TimeSpan.FromSeconds(seconds / faults.Count), kills, isShort: false, output, CancellationToken.None);
            await fault.RunAsync(run);
            rows.Add([fault.Name, Text(run.Tried), Text(run.Survived), Text(run.Tried - run.Survived), $"{Text((int)run.Elapsed.TotalSeconds)} s", run.Notes]);
            if (run.Details.Count > 0)
                details.AddRange([$"\n{fault.Name}:\n", .. run.Details]);
            losses.AddRange(run.Losses.Select(loss => $"{fault.Name}, {loss}"));
        }
        await output.WriteLineAsync("\n| fault | tried | survived | lost | time | |\n|---|---:|---:|---:|---:|---|");
        foreach (var row in rows)
            await output.WriteLineAsync($"| {string.Join(" | ", row)} |");
        foreach (var line in details)
            await output.WriteLineAsync(line);
        foreach (var loss in losses)
            await output.WriteLineAsync($"\n{loss}");
        if (leftOut.Count > 0)
            await output.WriteLineAsync($"\nNot tried, because this machine does not allow it: {string.Join(", ", leftOut)}");
        return losses.Count > 0 ? 1 : 0;

        string? After(string option) => words.SkipWhile(word => word != option).Skip(1).FirstOrDefault();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
