using System.Diagnostics;
using Serverless.Load.Running;
using Serverless.Tests.Heads;

namespace Serverless.Load.Loads;

/// <summary>Two hundred readers of a job's events while it trains on one thread: what all other threads of the head need.</summary>
internal sealed class EventReaders : ILoad
{
    private const double MostOfACore = 0.05;
    private const string TrainingThread = "train ";

    public string Name => "readers";

    public async Task RunAsync(LoadRun run)
    {
        var count = run.Of(200, 20);
        var time = TimeSpan.FromSeconds(run.Of(60, 5));
        // A minute between two checkpoints, as it is unless set otherwise.
        using var place = await run.PlaceAsync(("SERVERLESS_CHECKPOINT_SECONDS", 60));
        await using var head = await HeadProcess.StartAsync(place);
        var file = await head.UploadAsync(Requests.Chats(2000), "chats.jsonl", run.Cancellation);
        var job = await head.CreateJobAsync(Requests.Job(file, 50), run.Cancellation);
        await head.JobAsync(job, status => status == "running", run.Cancellation);
        await Task.Delay(TimeSpan.FromSeconds(2), run.Cancellation);

        run.Add("beside training, without readers", $"{100 * await UseAsync(head, job, time, run.Cancellation):F1} % of a core");
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(run.Cancellation);
        var read = new int[count];
        var readers = Enumerable.Range(0, count).Select(number => ReadAsync(head, job, number, read, leave.Token)).ToList();
        await Task.Delay(TimeSpan.FromSeconds(2), run.Cancellation);
        var use = await UseAsync(head, job, time, run.Cancellation);
        await leave.CancelAsync();
        await Task.WhenAll(readers);
        run.Add($"with {count} readers", $"{100 * use:F1} % of a core", $"{100 * MostOfACore:F0} %", use < MostOfACore);
        run.Add("every reader was told", $"{read.Min()} to {read.Max()} lines", "all", read.All(lines => lines > 0));
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

    private static async Task ReadAsync(HeadProcess head, string job, int number, int[] read, CancellationToken ct)
    {
        try
        {
            using var answer = await head.Http.GetAsync($"fine_tuning/updates?job={job}", HttpCompletionOption.ResponseHeadersRead, ct);
            answer.EnsureSuccessStatusCode();
            using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(ct));
            while (await reader.ReadLineAsync(ct) is not null) read[number]++;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // Read enough.
        }
    }
}
