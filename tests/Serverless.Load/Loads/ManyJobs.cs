using Serverless.Load.Running;
using Serverless.Tests.Heads;

namespace Serverless.Load.Loads;

/// <summary>
/// The work of a day at one job every ten minutes, without the pauses: file, job, evaluation, published model, chat with it, model and file deleted.
/// Memory and handles after a quarter of the day and at its end must be alike; tensors that were left would show in the memory.
/// </summary>
internal sealed class ManyJobs : ILoad
{
    private const int JobsPerHour = 6;
    private const double MostGrowth = 1.15;

    public string Name => "day";

    public async Task RunAsync(LoadRun run)
    {
        var hours = run.Of(24, 2);
        using var place = await run.PlaceAsync();
        await using var head = await HeadProcess.StartAsync(place);
        var uses = new List<(long Memory, int Handles)>();
        for (var hour = 0; hour < hours; hour++)
        {
            for (var job = 0; job < JobsPerHour; job++) await WorkAsync(head, hour * JobsPerHour + job, run.Cancellation);
            uses.Add((HeadUse.Memory(head.Id), HeadUse.Handles(head.Id)));
            await run.SayAsync($"hour {hour + 1}: {uses[^1].Memory / 1e6:F0} MB, {uses[^1].Handles} handles");
        }
        // What is cached is there by then.
        var (early, late) = (uses[hours / 4], uses[^1]);
        run.Add($"memory after {hours / 4 + 1} and {hours} hours", $"{early.Memory / 1e6:F0} and {late.Memory / 1e6:F0} MB", "at most 15 % more", late.Memory <= MostGrowth * early.Memory);
        run.Add("handles", $"{early.Handles} and {late.Handles}", "at most 20 more", late.Handles <= early.Handles + 20);
    }

    private static async Task WorkAsync(HeadProcess head, int number, CancellationToken ct)
    {
        var train = await head.UploadAsync(Requests.Chats(24, 24 * number), $"{number}.jsonl", ct);
        var check = await head.UploadAsync(Requests.Chats(10, 1_000_000), $"{number}-check.jsonl", ct);
        var body = Requests.Job(train, 2);
        body["validation_file"] = check;
        var job = await head.JobAsync(await head.CreateJobAsync(body, ct), status => status == "succeeded", ct);
        var model = job.GetProperty("fine_tuned_model").GetString()!;
        using (var answer = await head.Http.PostAsync("chat/completions", System.Net.Http.Json.JsonContent.Create(new
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
