using System.Diagnostics;
using System.Text;
using Serverless.Load.Running;
using Serverless.Tests.Heads;

namespace Serverless.Load.Loads;

/// <summary>Ten thousand files, posted sixteen at a time, then listed page by page.</summary>
internal sealed class ListedFiles : ILoad
{
    private const int Together = 16;
    private const int MostPosting = 600, MostOfPage = 5;
    private const long MostMemory = 300_000_000;

    public string Name => "files";

    public async Task RunAsync(LoadRun run)
    {
        var count = run.Of(10_000, 100);
        using var place = await run.PlaceAsync();
        await using var head = await HeadProcess.StartAsync(place);
        var clock = Stopwatch.StartNew();
        var posted = new string[count];
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = Together, CancellationToken = run.Cancellation }, async (number, ct) =>
            posted[number] = await head.UploadAsync(new ByteArrayContent(Encoding.UTF8.GetBytes($"file {number}")), $"{number}.txt", ct, "user_data"));
        run.AddTime($"{count} files posted, {Together} at a time", clock.Elapsed.TotalSeconds, MostPosting);
        foreach (var limit in new[] { 100, 1000 })
        {
            clock.Restart();
            var (entries, slowest) = await head.PagesAsync("files", limit, run.Cancellation);
            run.AddTime(FormattableString.Invariant($"listed in pages of {limit} in {clock.Elapsed.TotalSeconds:F1} s, the slowest page"), slowest, MostOfPage);
            var ids = entries.Select(file => file.GetProperty("id").GetString()!).ToList();
            run.Add($"each file once in pages of {limit}", $"{ids.Count} of {count}", "all", ids.Count == count && ids.ToHashSet().SetEquals(posted));
        }
        var peak = HeadUse.PeakMemory(head.Id);
        run.Add("memory of the head, at most", $"{peak / 1e6:F0} MB", "300 MB", peak < MostMemory);
    }
}
