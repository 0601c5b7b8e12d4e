using Microsoft.Extensions.Logging;
using Serverless.Service.Jobs;
using Serverless.Service.Storage;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>Writes events of jobs that do not train at this moment.</summary>
public sealed class JobEvents(BlobAccount account, JobLog log, TimeProvider clock, ILogger<JobEvents> logger)
{
    /// <summary>Appends the messages to the job's events, once per key.</summary>
    /// <exception cref="TrainerBusyException">A trainer holds the job.</exception>
    public async Task AppendOnceAsync(JobId id, string key, EventLevel level, IEnumerable<string> messages, CancellationToken ct)
    {
        await using var lease = await TrainerLease.TryAcquireAsync(account, id, clock, logger, ct) ?? throw new TrainerBusyException(id);
        var now = clock.GetUtcNow();
        await log.AppendOnceAsync(
            lease, key, [.. messages.Select(message => new JobEvent { CreatedAt = now, Level = level, Message = message })], ct);
    }

    public Task AppendOnceAsync(JobId id, string key, string message, CancellationToken ct) =>
        AppendOnceAsync(id, key, EventLevel.Info, [message], ct);
}
