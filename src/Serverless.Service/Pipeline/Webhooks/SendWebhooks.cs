using System.Security.Cryptography;
using System.Text;
using Serverless.Service.Jobs;
using Serverless.Service.Pipeline.FineTuning;
using Serverless.Service.Storage;

namespace Serverless.Service.Pipeline.Webhooks;

/// <summary>
/// Tells the endpoints of the settings that a job has ended: each one once, the same message at every attempt. Throws while one of them has not taken it, so that
/// the engine's retries come back; a job is not changed by any of this.
/// </summary>
public sealed class SendWebhooks(
    BlobAccount account, JobCatalog jobs, JobEvents events, WebhookSender sender, PipelineSettings settings, TimeProvider clock) : IActivity<WebhookCall, bool>
{
    public static ActivityName<WebhookCall, bool> Name { get; } = new(nameof(SendWebhooks));

    /// <summary>Attempts over about nine hours: after 5 s, 20 s, 80 s, 5 min, 21 min, 85 min and then every 2 hours.</summary>
    public static RetrySchedule Schedule { get; } = new(10, TimeSpan.FromSeconds(5), 4, TimeSpan.FromHours(2));

    public async Task<bool> RunAsync(WebhookCall input, ActivityScope scope)
    {
        var ct = scope.Stopping;
        if (settings.Webhooks.IsEmpty || await jobs.FindAsync(input.JobId, ct) is not { } job || TypeOf(job.Status) is not { } type)
            return true;
        var blob = new JsonBlob<WebhookState>(account.Jobs.GetBlobClient($"{job.Id}/webhooks.json"));
        var state = (await blob.ReadAsync(ct))?.Value;
        if (state is null)
        {
            state = new WebhookState { Type = type, EventId = EventIdOf(job.Id, type), CreatedAt = job.FinishedAt ?? clock.GetUtcNow() };
            await blob.WriteAsync(state, ct);
        }
        var open = settings.Webhooks.Where(endpoint => !state.Delivered.Contains(endpoint.Mark)).ToList();
        if (input.GivesUp)
        {
            await SayAsync(job.Id, "webhooks given up", open.Select(endpoint => $"The webhook at {endpoint} was not told that the job has ended: all attempts failed"), ct);
            return false;
        }
        var faults = new List<string>();
        foreach (var endpoint in open)
        {
            if (await sender.SendAsync(endpoint, state, job.Id.Value, ct) is { } fault)
            {
                faults.Add($"The webhook at {endpoint} could not be told that the job has ended: {fault}");
                continue;
            }
            state = state with { Delivered = state.Delivered.Add(endpoint.Mark) };
            await blob.WriteAsync(state, CancellationToken.None);
        }
        if (faults.Count == 0)
            return true;
        await SayAsync(job.Id, "webhooks failed", faults.Select(fault => $"{fault}. It is tried again"), ct);
        throw new WebhookRefusedException(string.Join("; ", faults));
    }

    /// <summary>Once each: what the owner is told does not grow with the attempts.</summary>
    private Task SayAsync(JobId id, string key, IEnumerable<string> messages, CancellationToken ct) =>
        events.AppendOnceAsync(id, key, EventLevel.Warn, messages, ct);

    /// <summary>One id for each event, whoever makes it: a job ends once.</summary>
    private static string EventIdOf(JobId id, string type) =>
        "evt_" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{id}\n{type}")).AsSpan(0, 16));

    private static string? TypeOf(JobStatus status) => status switch
    {
        JobStatus.Succeeded => "fine_tuning.job.succeeded",
        JobStatus.Failed => "fine_tuning.job.failed",
        JobStatus.Cancelled => "fine_tuning.job.cancelled",
        _ => null,
    };
}
