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
        await using var lease = await HoldAsync(id, ct);
        await AppendOnceAsync(lease, key, level, messages, ct);
    }

    /// <summary>The same for who holds the job.</summary>
    public Task AppendOnceAsync(TrainerLease lease, string key, EventLevel level, IEnumerable<string> messages, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        return log.AppendOnceAsync(
            lease, key, [.. messages.Select(message => new JobEvent { CreatedAt = now, Level = level, Message = message })], ct);
    }

    /// <summary>Keeps trainers from a job until it is disposed.</summary>
    /// <exception cref="TrainerBusyException">A trainer holds the job.</exception>
    public async Task<TrainerLease> HoldAsync(JobId id, CancellationToken ct) =>
        await TrainerLease.TryAcquireAsync(account, id, clock, logger, ct) ?? throw new TrainerBusyException(id);

    public Task AppendOnceAsync(JobId id, string key, string message, CancellationToken ct) =>
        AppendOnceAsync(id, key, EventLevel.Info, [message], ct);
}
