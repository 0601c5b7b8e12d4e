using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OpenAI.Files;
using Serverless.Tests;

namespace Serverless.EndToEnd.Tests.Heads;

/// <summary>What tests ask of a head again and again.</summary>
internal static class HeadCalls
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Posts a file with the official client.</summary>
    /// <returns>Its id.</returns>
    public static async Task<string> UploadAsync(this HeadProcess head, string content, string name = "train.jsonl")
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(content));
        OpenAIFile file = await head.Client.GetOpenAIFileClient().UploadFileAsync(stream, name, FileUploadPurpose.FineTune, Ct);
        return file.Id;
    }

    /// <summary>Waits until intake has read a file.</summary>
    public static Task<JsonElement> WaitForFileAsync(this HeadProcess head, string id) =>
        head.WaitAsync($"files/{id}", file => Text(file, "status") is "processed" or "error");

    /// <summary>A request for a job with adapters on the tiny model.</summary>
    public static JsonObject JobRequest(string trainingFile, int epochs, int batchSize = 2, string adapter = "lora") => new()
    {
        ["model"] = HeadPlace.Model,
        ["training_file"] = trainingFile,
        ["seed"] = 7,
        ["method"] = new JsonObject
        {
            ["type"] = "supervised",
            ["supervised"] = new JsonObject
            {
                ["hyperparameters"] = new JsonObject { ["n_epochs"] = epochs, ["batch_size"] = batchSize, ["learning_rate"] = 0.01 },
            },
            ["adapter"] = new JsonObject { ["type"] = adapter, ["rank"] = 4 },
        },
    };

    /// <summary>Creates a job.</summary>
    /// <returns>Its id.</returns>
    public static Task<string> CreateJobAsync(this HeadProcess head, JsonObject request) => head.CreateJobAsync(request, Ct);

    /// <summary>Uploads the tiny data set and creates a job on it.</summary>
    public static async Task<string> StartJobAsync(this HeadProcess head, int examples, int epochs) =>
        await head.CreateJobAsync(JobRequest(await head.UploadAsync(TinyModel.Dataset(examples)), epochs));

    /// <summary>Waits for the job's end.</summary>
    public static Task<JsonElement> WaitForEndAsync(this HeadProcess head, string job) =>
        head.WaitAsync($"fine_tuning/jobs/{job}", now => Text(now, "status") is "succeeded" or "failed" or "cancelled");

    /// <summary>Waits until the job has one of the statuses.</summary>
    public static Task<JsonElement> WaitForStatusAsync(this HeadProcess head, string job, params string[] statuses) =>
        head.WaitAsync($"fine_tuning/jobs/{job}", now => statuses.Contains(Text(now, "status")));

    /// <summary>Waits until a job that runs has committed a checkpoint and gone on from there.</summary>
    /// <returns>The step of the last metrics event.</returns>
    public static async Task<int> WaitForUncommittedStepsAsync(this HeadProcess head, string job)
    {
        while (true)
        {
            var events = await head.EventsAsync(job);
            var commit = events.FindLastIndex(entry => Text(entry, "message")!.StartsWith("Checkpoint created", StringComparison.Ordinal));
            var metrics = events.FindLastIndex(entry => Text(entry, "type") == "metrics");
            if (commit >= 0 && metrics > commit)
                return (int)events[metrics].GetProperty("data").GetProperty("step").GetDouble();
            var status = Text(await head.GetAsync($"fine_tuning/jobs/{job}"), "status");
            Assert.True(status is "validating_files" or "queued" or "running", $"the job is {status} before it could be disturbed");
            await Task.Delay(Pause, Ct);
        }
    }

    /// <summary>All events of a job, oldest first.</summary>
    public static async Task<List<JsonElement>> EventsAsync(this HeadProcess head, string job)
    {
        var events = (await head.GetAsync($"fine_tuning/jobs/{job}/events?limit=1000")).GetProperty("data").EnumerateArray().ToList();
        events.Reverse();
        return events;
    }

    /// <summary>Posts to a path without a body, such as a job's <c>cancel</c>.</summary>
    public static async Task<JsonElement> PostAsync(this HeadProcess head, string path)
    {
        using var answer = await head.Http.PostAsync(path, null, Ct);
        return await answer.Content.ReadFromJsonAsync<JsonElement>(Ct);
    }

    public static Task<JsonElement> GetAsync(this HeadProcess head, string path) => head.GetAsync(path, Ct);

    public static string? Text(JsonElement parent, string name) => parent.GetProperty(name).GetString();

    private static async Task<JsonElement> WaitAsync(this HeadProcess head, string path, Func<JsonElement, bool> reached)
    {
        while (true)
        {
            var now = await head.GetAsync(path);
            if (reached(now))
                return now;
            await Task.Delay(Pause, Ct);
        }
    }
}
