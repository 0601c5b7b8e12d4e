using System.Diagnostics;
using Serverless.Load.Running;
using Serverless.Tests.Heads;

namespace Serverless.Load.Loads;

/// <summary>A thousand jobs that wait while one trains: they are listed, and all of them are cancelled.</summary>
internal sealed class QueuedJobs : ILoad
{
    private const int Together = 8;

    public string Name => "jobs";

    public async Task RunAsync(LoadRun run)
    {
        var count = run.Of(1000, 20);
        using var place = await run.PlaceAsync();
        await using var head = await HeadProcess.StartAsync(place);
        var file = await head.UploadAsync(Requests.Chats(200), "chats.jsonl", run.Cancellation);
        var first = await head.CreateJobAsync(Requests.Job(file, 50), run.Cancellation);
        await head.JobAsync(first, status => status == "running", run.Cancellation);
        var before = HeadUse.Memory(head.Id);

        var clock = Stopwatch.StartNew();
        var jobs = new string[count];
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = Together, CancellationToken = run.Cancellation }, async (number, ct) =>
            jobs[number] = await head.CreateJobAsync(Requests.Job(file, 50), ct));
        run.Add($"{count} jobs created, {Together} at a time", $"{count / clock.Elapsed.TotalSeconds:F0} jobs/s");

        var (ids, slowest) = await head.PagesAsync("fine_tuning/jobs", 100, run.Cancellation);
        run.Add("listed in pages of 100", $"slowest page {1000 * slowest:F0} ms");
        run.Add("each job once", $"{ids.Count} of {count + 1}", "all", ids.ToHashSet().SetEquals([first, .. jobs]));
        var training = await head.GetAsync($"fine_tuning/jobs/{first}", run.Cancellation);
        run.Add("the one that trains goes on", $"{training.GetProperty("status").GetString()}", "running", training.GetProperty("status").GetString() == "running");

        clock.Restart();
        await Parallel.ForEachAsync(jobs.Prepend(first), new ParallelOptions { MaxDegreeOfParallelism = Together, CancellationToken = run.Cancellation }, async (job, ct) =>
        {
            using var answer = await head.Http.PostAsync($"fine_tuning/jobs/{job}/cancel", null, ct);
            answer.EnsureSuccessStatusCode();
        });
        foreach (var job in jobs.Prepend(first))
            await head.JobAsync(job, status => status == "cancelled", run.Cancellation);
        run.Add("all cancelled", $"{clock.Elapsed.TotalSeconds:F0} s");
        run.Add("memory of the head", $"{HeadUse.Memory(head.Id) / 1e6:F0} MB ({before / 1e6:F0} with one job)");
    }
}
