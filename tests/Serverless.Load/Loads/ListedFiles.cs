using System.Diagnostics;
using System.Text;
using Serverless.Load.Running;
using Serverless.Tests.Heads;

namespace Serverless.Load.Loads;

/// <summary>Ten thousand files, posted sixteen at a time, then listed page by page.</summary>
internal sealed class ListedFiles : ILoad
{
    private const int Together = 16;

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
        run.Add($"{count} files posted, {Together} at a time", $"{count / clock.Elapsed.TotalSeconds:F0} files/s");
        foreach (var limit in new[] { 100, 1000 })
        {
            clock.Restart();
            var (ids, slowest) = await head.PagesAsync("files", limit, run.Cancellation);
            run.Add($"listed in pages of {limit}", $"{clock.Elapsed.TotalSeconds:F1} s, slowest page {1000 * slowest:F0} ms");
            var whole = ids.Count == count && ids.ToHashSet().SetEquals(posted);
            run.Add("each file once", $"{ids.Count} of {count}", "all", whole);
        }
        run.Add("memory of the head, at most", $"{HeadUse.PeakMemory(head.Id) / 1e6:F0} MB");
    }
}
