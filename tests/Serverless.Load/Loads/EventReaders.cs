using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json;
using Serverless.Load.Running;
using Serverless.Tests.Heads;

namespace Serverless.Load.Loads;

/// <summary>
/// Two hundred readers of a job's events while it trains on one thread: what all other threads of the head need, when it has trained for as long as the runtime
/// takes to compile what it runs often. First they follow its stream, then they ask for the
/// events again and again, as OpenAI's clients do. The callers' limits are those of every service, so the readers have some keys between them.
/// </summary>
internal sealed class EventReaders : ILoad
{
    private const double MostOfACore = 0.05;
    private const string TrainingThread = "train ";
    private const int ReadersPerKey = 50;

    private static readonly TimeSpan s_pollPause = TimeSpan.FromSeconds(10);

    /// <summary>The longest time for which a reader may hear nothing of a job that takes hundreds of steps a second.</summary>
    private static readonly TimeSpan s_longestSilence = TimeSpan.FromSeconds(20);

    public string Name => "readers";

    public async Task RunAsync(LoadRun run)
    {
        var count = run.Of(200, 20);
        var time = TimeSpan.FromSeconds(run.Of(60, 5));
        string[] keys = [.. Enumerable.Range(0, (count + ReadersPerKey - 1) / ReadersPerKey).Select(number => $"key-of-the-readers-{number:D4}")];
        // A minute between two checkpoints, as it is unless set otherwise.
        using var place = await run.PlaceAsync(("SERVERLESS_CHECKPOINT_SECONDS", 60), ("SERVERLESS_KEYS", string.Join(',', keys)));
        place.Variables.Remove("SERVERLESS_REQUESTS_PER_MINUTE");
        place.Variables.Remove("SERVERLESS_STREAMS_PER_CALLER");
        await using var head = await HeadProcess.StartAsync(place);
        head.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", keys[0]);
        var file = await head.UploadAsync(Requests.Chats(run.Of(20_000, 2000)), "chats.jsonl", run.Cancellation);
        var job = await head.CreateJobAsync(Requests.Job(file, 50), run.Cancellation);
        await head.JobAsync(job, status => status == "running", run.Cancellation);
        await Task.Delay(time, run.Cancellation);

        run.Add("beside training, without readers", $"{100 * await UseAsync(head, job, time, run.Cancellation):F1} % of a core");
        await ReadAsync(run, head, job, keys, count, time, "that follow the stream", FollowAsync);
        await ReadAsync(run, head, job, keys, count, time, FormattableString.Invariant($"that ask for the events every {s_pollPause.TotalSeconds:0} s"), PollAsync);
    }

    /// <summary>Lets readers read while the job trains, and adds what that takes.</summary>
    /// <param name="read">Reads with a key until it is told to leave, and counts what it was told.</param>
    private static async Task ReadAsync(
        LoadRun run, HeadProcess head, string job, string[] keys, int count, TimeSpan time, string how, Func<HeadProcess, string, string, Action, CancellationToken, Task> read)
    {
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(run.Cancellation);
        var told = new int[count];
        var readers = Enumerable.Range(0, count).Select(async number =>
        {
            try
            {
                // Not all in the same moment.
                await Task.Delay(number * s_pollPause / count, leave.Token);
                await read(head, job, keys[number % keys.Length], () => told[number]++, leave.Token);
            }
            catch (OperationCanceledException) when (leave.IsCancellationRequested)
            {
                // Read enough.
            }
        }).ToList();
        await Task.Delay(s_pollPause, run.Cancellation);
        var use = await UseAsync(head, job, time, run.Cancellation);
        await leave.CancelAsync();
        await Task.WhenAll(readers);
        run.AddTimed($"with {count} readers {how}", $"{100 * use:F1} % of a core", $"{100 * MostOfACore:F0} %", use < MostOfACore);
        run.Add("every one of them was told what is new", $"{told.Min()} to {told.Max()} times", "all, again and again", told.Min() >= time / s_longestSilence);
    }

    /// <summary>The share of a core that all threads but the one that trains take.</summary>
    private static async Task<double> UseAsync(HeadProcess head, string job, TimeSpan time, CancellationToken ct)
    {
        var (clock, before) = (Stopwatch.StartNew(), BesideTraining());
        await Task.Delay(time, ct);
        var used = (BesideTraining() - before) / clock.Elapsed.TotalSeconds;
        await head.JobAsync(job, status => status == "running" ? true : throw new InvalidOperationException($"the job that was to train is {status}"), ct);
        return used;

        double BesideTraining() => HeadUse.ProcessorSeconds(head.Id) - HeadUse.ProcessorSeconds(head.Id, TrainingThread);
    }

    private static async Task FollowAsync(HeadProcess head, string job, string key, Action told, CancellationToken ct)
    {
        using var answer = await GetAsync(head, $"fine_tuning/updates?job={job}", key, ct);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(ct));
        while (await reader.ReadLineAsync(ct) is { } line)
            if (line == "event: steps") told();
    }

    private static async Task PollAsync(HeadProcess head, string job, string key, Action told, CancellationToken ct)
    {
        for (string? newest = null; ;)
        {
            // The page that OpenAI's clients ask for.
            using (var answer = await GetAsync(head, $"fine_tuning/jobs/{job}/events?limit=20", key, ct))
            {
                using var page = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(ct));
                var now = page.RootElement.GetProperty("data")[0].GetProperty("id").GetString();
                if (now != newest) told();
                newest = now;
            }
            await Task.Delay(s_pollPause, ct);
        }
    }

    private static async Task<HttpResponseMessage> GetAsync(HeadProcess head, string path, string key, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", key) } };
        var answer = await head.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        return answer.EnsureSuccessStatusCode();
    }
}
