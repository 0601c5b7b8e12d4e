using System.Globalization;
using System.Text.Json.Nodes;
using Azure.Storage.Blobs.Models;
using Serverless.Learning.Native;
using Serverless.Service.Jobs;
using Serverless.Service.Storage;
using Serverless.Tests.Heads;
using Serverless.Tests.Shared;

namespace Serverless.Benchmarks.Scenarios;

/// <summary>
/// Jobs on a head, a process of its own with a real storage emulator, that has trained the same base before. A repetition is the time from the
/// request that creates a job to the beginning of its first step. The last job goes on through two changes of chunks.
/// </summary>
/// <param name="chunkSeconds">Long enough for steps, and shorter than the minute after which a chunk commits in between: each commit is the end of a chunk.</param>
internal sealed class WarmJobs(ModelShape shape, int chunkSeconds = 12) : IScenario
{
    /// <summary>The figure that says which share of a four-minute chunk is not steps.</summary>
    public const string Overhead = "overhead of a four-minute chunk";

    /// <summary>The figure that says how many seconds lie between the steps of two chunks.</summary>
    public const string Change = "seconds between the steps of two chunks";

    private const int Lines = 400;
    private const int Epochs = 50;
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(100);

    public string Name => $"HTTP start to first step on a warm head, LoRA, {shape.Name}";

    public string Unit => "starts";

    public Ceiling? Ceiling => null;

    public ModelShape? Shape => shape;

    // The process that measures does nothing else meanwhile.
    public Reading Measure(string folder, Stopclock clock) => MeasureAsync(folder, clock, CancellationToken.None).GetAwaiter().GetResult();

    private async Task<Reading> MeasureAsync(string folder, Stopclock clock, CancellationToken ct)
    {
        await using var azurite = new AzuriteFixture();
        var prefix = await azurite.NewPrefixAsync();
        using var place = HeadPlace.On(azurite.ConnectionString, prefix);
        place.Variables["SERVERLESS_THREADS"] = NativeRuntime.Threads;
        place.Variables["SERVERLESS_CHUNK_SECONDS"] = chunkSeconds;
        place.Variables["SERVERLESS_CHECKPOINT_SECONDS"] = 60;
        // Only this shape is brought into the storage, not all that lie beside it.
        var model = Directory.CreateDirectory(Path.Combine(place.Folder, "models", shape.Name)).FullName;
        foreach (var file in Directory.EnumerateFiles(folder)) File.Copy(file, Path.Combine(model, Path.GetFileName(file)));
        await using var head = await HeadProcess.StartAsync(place);
        var account = azurite.Open(prefix);
        var log = new JobLog(account, TimeProvider.System);
        var chats = await head.UploadAsync(Chats(), "chats.jsonl", ct);
        await UntilAsync(async () => (await head.GetAsync($"files/{chats}", ct)).GetProperty("status").GetString() == "processed", ct);

        var reading = await clock.ReadAsync(async () =>
        {
            var asked = DateTimeOffset.UtcNow;
            var id = await StartAsync(head, chats, ct);
            IReadOnlyList<JobMetrics> steps = [];
            await UntilAsync(async () => (steps = await log.ListMetricsAsync(id, 0, ct)).Count > 0, ct);
            await CancelAsync(head, id, ct);
            return ChunkOverhead.BeginOf(steps[0]) - asked;
        }, () => HeadUse.IsKnown ? HeadUse.PeakMemory(head.Id) : 0);

        var overhead = await OverheadAsync(head, account, log, await StartAsync(head, chats, ct), ct);
        return reading with
        {
            PeakBytes = HeadUse.IsKnown ? HeadUse.PeakMemory(head.Id) : 0,
            Figures = new Dictionary<string, double> { [Overhead] = overhead.OfFourMinutes, [Change] = overhead.Change.TotalSeconds },
        };
    }

    private static async Task<ChunkOverhead> OverheadAsync(HeadProcess head, BlobAccount account, JobLog log, JobId id, CancellationToken ct)
    {
        var overhead = default(ChunkOverhead);
        await UntilAsync(async () =>
        {
            if (await log.ReadHeadAsync(id, ct) is not { } committed) return false;
            var begins = (await ChunksAsync(account, id, ct)).Where(begin => begin <= committed.Step).ToList();
            if (begins.Count < 2) return false;
            var steps = await log.ListMetricsAsync(id, 0, ct);
            if (steps[^1].Step <= committed.Step) return false;
            overhead = ChunkOverhead.Of(steps, [.. begins, committed.Step + 1]);
            return true;
        }, ct);
        await CancelAsync(head, id, ct);
        return overhead!;
    }

    /// <summary>The first steps of what was committed, that is, of the chunks.</summary>
    private static async Task<List<int>> ChunksAsync(BlobAccount account, JobId id, CancellationToken ct)
    {
        var begins = new List<int>();
        await foreach (var segment in account.Jobs.GetBlobsAsync(new GetBlobsOptions { Prefix = $"{id}/metrics/" }, ct))
            begins.Add(int.Parse(Path.GetFileNameWithoutExtension(segment.Name), CultureInfo.InvariantCulture));
        return begins;
    }

    private async Task<JobId> StartAsync(HeadProcess head, string file, CancellationToken ct) => new(await head.CreateJobAsync(new JsonObject
    {
        ["model"] = shape.Name, ["training_file"] = file,
        ["method"] = new JsonObject
        {
            ["type"] = "supervised",
            ["supervised"] = new JsonObject
            {
                ["hyperparameters"] = new JsonObject { ["n_epochs"] = Epochs, ["batch_size"] = 1 },
                ["adapter"] = new JsonObject { ["type"] = "lora", ["rank"] = 16 },
            },
        },
    }, ct));

    private static async Task CancelAsync(HeadProcess head, JobId id, CancellationToken ct)
    {
        using (var answer = await head.Http.PostAsync($"fine_tuning/jobs/{id}/cancel", null, ct)) answer.EnsureSuccessStatusCode();
        await UntilAsync(async () => (await StatusAsync(head, id, ct)) == "cancelled", ct);
    }

    private static async Task<string?> StatusAsync(HeadProcess head, JobId id, CancellationToken ct) =>
        (await head.GetAsync($"fine_tuning/jobs/{id}", ct)).GetProperty("status").GetString();

    private static async Task UntilAsync(Func<Task<bool>> holds, CancellationToken ct)
    {
        var patience = TimeSpan.FromMinutes(3) / LookAgain;
        for (var look = 0; !await holds(); look++)
        {
            if (look > patience) throw new TimeoutException("a head did not do what was waited for within three minutes");
            await Task.Delay(LookAgain, ct);
        }
    }

    private static string Chats() => string.Concat(Enumerable.Range(0, Lines).Select(line =>
        $$$"""{"messages":[{"role":"user","content":"My parcel {{{line}}} has not arrived and the tracking page shows nothing."},{"role":"assistant","content":"shipping"}]}""" + "\n"));
}
