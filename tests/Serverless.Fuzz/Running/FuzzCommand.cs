using System.Diagnostics;
using System.Globalization;

namespace Serverless.Fuzz.Running;

/// <summary>Fuzzes for a time and prints a table.</summary>
internal static class FuzzCommand
{
    /// <returns>0: nothing was found; 1: something was; 2: the words are wrong.</returns>
    public static int Run(IReadOnlyList<string> words, TextWriter output)
    {
        if (!double.TryParse(After("--seconds"), CultureInfo.InvariantCulture, out var seconds) || !int.TryParse(After("--seed") ?? "1", CultureInfo.InvariantCulture, out var seed))
        {
            output.WriteLine("usage: --seconds N [--target NAME] [--seed S] [--keep FOLDER]; N: for all targets together, each a share");
            return 2;
        }
        var targets = FuzzTargets.All.Where(target => After("--target") is not { } name || target.Name == name).ToList();
        if (targets.Count == 0)
        {
            output.WriteLine($"There is no such target; allowed: {string.Join(", ", FuzzTargets.All.Select(target => target.Name))}");
            return 2;
        }
        var folder = After("--keep") ?? Path.Combine(Path.GetTempPath(), "serverless-fuzz");
        Directory.CreateDirectory(folder);
        var runs = targets.Select(target => new FuzzRun(target, seed)).ToList();
        // Each a share of the time.
        foreach (var run in runs)
            RunFor(run, TimeSpan.FromSeconds(seconds / runs.Count), folder);
        Print(runs, folder, output);
        return runs.Any(run => run.Findings.Count > 0) ? 1 : 0;

        string? After(string option) => words.SkipWhile(word => word != option).Skip(1).FirstOrDefault();
    }

    private static void RunFor(FuzzRun run, TimeSpan time, string folder)
    {
        // An input that ends the process (a stack that overflows, say) is there afterwards.
        using var last = new FileStream(Path.Combine(folder, run.Target.Name + ".last"), FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        var begun = Stopwatch.GetTimestamp();
        do
        {
            run.Step(input =>
            {
                last.Position = 0;
                last.Write(input);
                last.SetLength(input.Length);
            });
        }
        while (Stopwatch.GetElapsedTime(begun) < time);
    }

    private static void Print(List<FuzzRun> runs, string folder, TextWriter output)
    {
        output.WriteLine("| target | executions | findings | longest input |");
        output.WriteLine("|---|---:|---:|---:|");
        foreach (var run in runs)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {run.Target.Name} | {run.Executions:N0} | {run.Findings.Count} | {run.Longest.TotalMilliseconds:N0} ms |"));
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"| all | {runs.Sum(run => run.Executions):N0} | {runs.Sum(run => run.Findings.Count)} | {runs.Max(run => run.Longest).TotalMilliseconds:N0} ms |"));
        foreach (var finding in runs.SelectMany(run => run.Findings))
        {
            var path = Path.Combine(folder, $"{finding.Target}-{finding.Number}");
            File.WriteAllBytes(path, finding.Input);
            output.WriteLine($"\n{finding.Target}, execution {finding.Number} ({path}): {finding.Kind}\n{finding.Details}");
        }
    }
}
