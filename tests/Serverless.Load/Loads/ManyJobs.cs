using System.Net.Http.Json;
using Serverless.Load.Running;
using Serverless.Service.Inference;
using Serverless.Tests.Heads;

namespace Serverless.Load.Loads;

/// <summary>
/// The work of a day at one job every ten minutes, without the pauses: file, job, evaluation, published model, chat with it, model and file deleted.
/// Memory and handles after a quarter of the day and at its end must be alike, and so must live tensors: one that each job left would show.
/// </summary>
internal sealed class ManyJobs : ILoad
{
    private const int JobsPerHour = 6, Hours = 24;
    private const double MostGrowth = 1.15;

    private static readonly int s_cached = new ModelHostSettings { CacheFolder = "" }.MaxModels;

    // In less than so many the process still warms up.
    private const int FewestForMemory = 6 * JobsPerHour;

    public string Name => "day";

    public async Task RunAsync(LoadRun run)
    {
        var jobs = run.Of(Hours * JobsPerHour, 8);
        using var place = await run.PlaceAsync();
        var tensors = TensorCount.Of(place);
        await using var head = await HeadProcess.StartAsync(place);
        var uses = new List<(long Memory, int Handles, long Tensors)>();
        for (var job = 0; job < jobs; job++)
        {
            await WorkAsync(head, job, run.Cancellation);
            uses.Add((HeadUse.Memory(head.Id), HeadUse.Handles(head.Id), await tensors.ReadAsync(run.Cancellation)));
            if ((job + 1) % JobsPerHour == 0)
                await run.SayAsync($"hour {(job + 1) / JobsPerHour}: {uses[^1].Memory / 1e6:F0} MB, {uses[^1].Handles} handles, {uses[^1].Tensors} tensors");
        }
        // What is cached is there by then: models that have answered stay in memory, so many of them.
        var warm = Math.Max(jobs / 4, s_cached + 1);
        var (early, late) = (uses[warm - 1], uses[^1]);
        var when = $"after {warm} and {jobs} jobs";
        var isLong = jobs >= FewestForMemory;
        run.Add($"memory {when}", $"{early.Memory / 1e6:F0} and {late.Memory / 1e6:F0} MB", isLong ? "at most 15 % more" : "", !isLong || late.Memory <= MostGrowth * early.Memory);
        run.Add($"handles {when}", $"{early.Handles} and {late.Handles}", "at most 20 more", late.Handles <= early.Handles + 20);
        run.Add($"live tensors {when}", $"{early.Tensors} and {late.Tensors}", "none more", late.Tensors <= early.Tensors);
    }

    private static async Task WorkAsync(HeadProcess head, int number, CancellationToken ct)
    {
        var train = await head.UploadAsync(Requests.Chats(24, 24 * number), $"{number}.jsonl", ct);
        var check = await head.UploadAsync(Requests.Chats(10, 1_000_000), $"{number}-check.jsonl", ct);
        var body = Requests.Job(train, 2);
        body["validation_file"] = check;
        var job = await head.JobAsync(await head.CreateJobAsync(body, ct), status => status == "succeeded", ct);
        var model = job.GetProperty("fine_tuned_model").GetString()!;
        using (var answer = await head.Http.PostAsync("chat/completions", JsonContent.Create(new
        {
            model, max_completion_tokens = 8, messages = new[] { new { role = "user", content = "the parcel has not arrived" } },
        }), ct)) answer.EnsureSuccessStatusCode();
        foreach (var path in new[] { $"models/{model}", $"files/{train}", $"files/{check}" })
        {
            using var deleted = await head.Http.DeleteAsync(path, ct);
            deleted.EnsureSuccessStatusCode();
        }
    }
}
