using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Tests.Heads;

namespace Serverless.Load.Running;

/// <summary>What loads ask of a head over HTTP.</summary>
internal static class Requests
{
    /// <summary>Chats as a training file, each line another one.</summary>
    public static string Chats(int lines, int first = 0) => string.Concat(Enumerable.Range(first, lines).Select(line =>
        $"{{\"messages\": [{{\"role\": \"user\", \"content\": \"the parcel {line} has not arrived\"}}, {{\"role\": \"assistant\", \"content\": \"shipping\"}}]}}\n"));

    /// <summary>The body of a supervised job.</summary>
    public static JsonObject Job(string file, int epochs) => new()
    {
        ["model"] = HeadPlace.Model, ["training_file"] = file,
        ["method"] = new JsonObject
        {
            ["type"] = "supervised", ["supervised"] = new JsonObject { ["hyperparameters"] = new JsonObject { ["n_epochs"] = epochs, ["batch_size"] = 4 } },
        },
    };

    /// <summary>Asks until a job has a status.</summary>
    public static async Task<JsonElement> JobAsync(this HeadProcess head, string id, Func<string, bool> status, CancellationToken ct)
    {
        while (true)
        {
            var job = await head.GetAsync($"fine_tuning/jobs/{id}", ct);
            var now = job.GetProperty("status").GetString()!;
            if (status(now)) return job;
            if (now is "failed" or "cancelled") throw new InvalidOperationException($"job {id} is {now}: {job}");
            await Task.Delay(100, ct);
        }
    }

    /// <summary>Every entry of a list, page after page, and the seconds that the slowest page took.</summary>
    public static async Task<(List<JsonElement> Entries, double Slowest)> PagesAsync(this HeadProcess head, string path, int limit, CancellationToken ct)
    {
        var entries = new List<JsonElement>();
        var slowest = 0.0;
        while (true)
        {
            var clock = System.Diagnostics.Stopwatch.StartNew();
            var page = await head.GetAsync($"{path}?limit={limit}{(entries.Count > 0 ? $"&after={entries[^1].GetProperty("id").GetString()}" : "")}", ct);
            slowest = Math.Max(slowest, clock.Elapsed.TotalSeconds);
            entries.AddRange(page.GetProperty("data").EnumerateArray());
            if (!page.GetProperty("has_more").GetBoolean()) return (entries, slowest);
        }
    }
}
