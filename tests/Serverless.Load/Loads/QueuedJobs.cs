using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Serverless.Load.Running;
using Serverless.Tests.Heads;

namespace Serverless.Load.Loads;

/// <summary>A thousand jobs that wait while one trains: all of them are queued, they are listed, and all of them are cancelled.</summary>
internal sealed class QueuedJobs : ILoad
{
    private const int Together = 8;
    private const int MostCreating = 120, MostQueueing = 300, MostCancelling = 300, MostOfPage = 2;
    private const long MostMemoryOfAJob = 300_000, MostMemoryOfAll = 300_000_000;

    public string Name => "jobs";

    public async Task RunAsync(LoadRun run)
    {
        var count = run.Of(1000, 20);
        using var place = await run.PlaceAsync();
        await using var head = await HeadProcess.StartAsync(place);
        var file = await head.UploadAsync(Requests.Chats(200), "chats.jsonl", run.Cancellation);
        // Trains for longer than all of this takes.
        var large = await head.UploadAsync(Requests.Chats(run.Of(40_000, 1000)), "large.jsonl", run.Cancellation);
        var first = await head.CreateJobAsync(Requests.Job(large, 50), run.Cancellation);
        await head.JobAsync(first, status => status == "running", run.Cancellation);
        var before = HeadUse.Memory(head.Id);

        var clock = Stopwatch.StartNew();
        var jobs = new string[count];
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = Together, CancellationToken = run.Cancellation }, async (number, ct) =>
            jobs[number] = await head.CreateJobAsync(Requests.Job(file, 50), ct));
        run.AddTime($"{count} jobs created, {Together} at a time", clock.Elapsed.TotalSeconds, MostCreating);

        var (entries, slowest) = await head.PagesAsync("fine_tuning/jobs", 100, run.Cancellation);
        while (entries.Any(job => StatusOf(job) == "validating_files"))
        {
            // A list of a thousand jobs is work for the storage too.
            await Task.Delay(TimeSpan.FromSeconds(run.Of(10, 1)), run.Cancellation);
            (entries, var slower) = await head.PagesAsync("fine_tuning/jobs", 100, run.Cancellation);
            slowest = Math.Max(slowest, slower);
        }
        run.AddTime("until all of them are validated", clock.Elapsed.TotalSeconds, MostQueueing);
        var ids = entries.Select(job => job.GetProperty("id").GetString()!).ToList();
        run.Add("each job once", $"{ids.Count} of {count + 1}", "all", ids.Count == count + 1 && ids.ToHashSet().SetEquals([first, .. jobs]));
        var queued = entries.Count(job => StatusOf(job) == "queued");
        run.Add("queued", $"{queued} of {count}", "all", queued == count);
        var training = StatusOf(await head.GetAsync($"fine_tuning/jobs/{first}", run.Cancellation));
        run.Add("the one that trains goes on", $"{training}", "running", training == "running");
        run.AddTime("listed in pages of 100, the slowest page", slowest, MostOfPage);

        clock.Restart();
        // Those that wait first, so that none of them comes to train.
        await Parallel.ForEachAsync(jobs.Append(first), new ParallelOptions { MaxDegreeOfParallelism = Together, CancellationToken = run.Cancellation }, async (job, ct) =>
        {
            using var answer = await head.Http.PostAsync($"fine_tuning/jobs/{job}/cancel", null, ct);
            answer.EnsureSuccessStatusCode();
        });
        foreach (var job in jobs.Append(first))
            await head.JobAsync(job, status => status == "cancelled", run.Cancellation);
        run.AddTime("until all of them are cancelled", clock.Elapsed.TotalSeconds, MostCancelling);
        var (growth, most) = (HeadUse.PeakMemory(head.Id) - before, MostMemoryOfAll + count * MostMemoryOfAJob);
        run.Add("memory of the head grew by, at most", $"{growth / 1e6:F0} MB", string.Create(CultureInfo.InvariantCulture, $"{most / 1e6:0} MB"), growth < most);
    }

    private static string StatusOf(JsonElement job) => job.GetProperty("status").GetString()!;
}
