using System.Diagnostics;
using System.Text.Json;
using Serverless.Learning;

namespace Serverless.Local.Demo;

/// <summary>Follows a job over HTTP until it ends.</summary>
internal sealed class JobWatch(HeadClient client)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    // More than happens between two looks.
    private const int NewestEvents = 50;

    /// <summary>Waits for the end and reports how far the training is.</summary>
    /// <returns>The job object of the succeeded job.</returns>
    /// <exception cref="InputError">The job failed or was cancelled; the message is the job's own.</exception>
    public async Task<JsonElement> WaitAsync(string id, Action<RunProgress> report, CancellationToken ct)
    {
        var clock = new Stopwatch();
        RunProgress? first = null;
        while (true)
        {
            var job = await client.JobAsync(id, ct);
            if (await LatestAsync(id, ct) is { } latest)
            {
                if (first is null)
                    clock.Start();
                first ??= latest;
                report(latest with { Remaining = RemainingOf(first, latest, clock.Elapsed) });
            }
            switch (job.GetProperty("status").GetString())
            {
                case "succeeded":
                    return job;
                case "failed":
                    throw new InputError(job.GetProperty("error").GetProperty("message").GetString() ?? $"{id} failed");
                case "cancelled":
                    throw new InputError($"{id} was cancelled");
                default:
                    await Task.Delay(Pause, ct);
                    break;
            }
        }
    }

    private static TimeSpan? RemainingOf(RunProgress first, RunProgress latest, TimeSpan elapsed) => latest.Step > first.Step
        ? elapsed / (latest.Step - first.Step) * (latest.TotalSteps - latest.Step)
        : null;

    private async Task<RunProgress?> LatestAsync(string id, CancellationToken ct)
    {
        foreach (var entry in await client.EventsAsync(id, NewestEvents, ct))
        {
            var data = entry.GetProperty("data");
            // A step that was skipped has no loss.
            if (entry.GetProperty("type").GetString() == "metrics" && data.TryGetProperty("total_steps", out var total) && data.TryGetProperty("train_loss", out var loss))
            {
                return new RunProgress(
                    (int)data.GetProperty("step").GetDouble(), (int)total.GetDouble(), loss.GetDouble(),
                    data.GetProperty("tokens_per_second").GetDouble(), Remaining: null);
            }
        }
        return null;
    }
}
