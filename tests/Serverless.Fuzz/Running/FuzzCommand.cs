using System.Globalization;
using System.Security.Cryptography;

namespace Serverless.Fuzz.Running;

/// <summary>Fuzzes for a time and prints a table.</summary>
internal static class FuzzCommand
{
    /// <returns>0: nothing was found; 1: something was; 2: the words are wrong.</returns>
    public static int Run(IReadOnlyList<string> words, TextWriter output)
    {
        if (!double.TryParse(After("--seconds"), CultureInfo.InvariantCulture, out var seconds) || !int.TryParse(After("--seed") ?? "1", CultureInfo.InvariantCulture, out var seed))
        {
            output.WriteLine("usage: --seconds N [--target NAME[,NAME]] [--seed S] [--keep FOLDER]; N: for all targets together, each a share");
            return 2;
        }
        var names = After("--target")?.Split(',') ?? [.. FuzzTargets.All.Select(target => target.Name)];
        if (names.FirstOrDefault(name => FuzzTargets.All.All(target => target.Name != name)) is { } unknown)
        {
            output.WriteLine($"There is no target {unknown}; allowed: {string.Join(", ", FuzzTargets.All.Select(target => target.Name))}");
            return 2;
        }
        var folder = After("--keep") ?? Path.Combine(Path.GetTempPath(), "serverless-fuzz");
        var runs = FuzzTargets.All.Where(target => names.Contains(target.Name)).Select(target => new FuzzRun(target, seed, new Coverage(), LearnedBefore(target, folder))).ToList();
        output.WriteLine("| target | minutes | executions | edges | findings | longest input |");
        output.WriteLine("|---|---:|---:|---:|---:|---:|");
        // A target's row and findings are there when its share of the time is over, so that a run which is broken off has told what it did.
        foreach (var run in runs)
        {
            RunFor(run, TimeSpan.FromSeconds(seconds / runs.Count), folder);
            output.WriteLine(Row(run.Target.Name, run));
            foreach (var finding in run.Findings)
                File.WriteAllBytes(PathOf(finding), finding.Input);
        }
        output.WriteLine(Row("all", [.. runs]));
        foreach (var finding in runs.SelectMany(run => run.Findings))
            output.WriteLine($"\n{finding.Target}, execution {finding.Number} ({PathOf(finding)}): {finding.Kind}\n{finding.Details}");
        return runs.Any(run => run.Findings.Count > 0) ? 1 : 0;

        string PathOf(FuzzFinding finding) => Path.Combine(folder, $"{finding.Target}-{finding.Number}");

        string? After(string option) => words.SkipWhile(word => word != option).Skip(1).FirstOrDefault();
    }

    /// <summary>Runs a target for a time; each input that takes new branches is kept, and is where the next run in this folder begins.</summary>
    private static void RunFor(FuzzRun run, TimeSpan time, string folder)
    {
        var learned = Directory.CreateDirectory(LearnedIn(run.Target, folder)).FullName;
        // An input that ends the process (a stack that overflows, say) is there afterwards.
        using var last = new FileStream(Path.Combine(folder, run.Target.Name + ".last"), FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        do
        {
            var isNew = run.Step(input =>
            {
                last.Position = 0;
                last.Write(input);
                last.SetLength(input.Length);
            });
            if (isNew is not null)
                File.WriteAllBytes(Path.Combine(learned, Convert.ToHexStringLower(SHA256.HashData(isNew))[..16]), isNew);
        }
        while (run.Elapsed < time || run.Executions < run.Given);
    }

    private static string LearnedIn(FuzzTarget target, string folder) => Path.Combine(folder, target.Name);

    private static IReadOnlyList<byte[]> LearnedBefore(FuzzTarget target, string folder) => LearnedIn(target, folder) is var learned && Directory.Exists(learned)
        ? [.. Directory.GetFiles(learned).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)]
        : [];

    private static string Row(string name, params FuzzRun[] runs) => string.Create(
        CultureInfo.InvariantCulture,
        $"| {name} | {runs.Sum(run => run.Elapsed.TotalMinutes):0.0} | {runs.Sum(run => run.Executions):N0} | {runs.Sum(run => run.Edges):N0} | {runs.Sum(run => run.Findings.Count)} | {runs.Max(run => run.Longest).TotalMilliseconds:N0} ms |");
}
