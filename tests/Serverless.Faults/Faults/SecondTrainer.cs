using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Microsoft.Extensions.Logging.Abstractions;
using Serverless.Faults.Running;
using Serverless.Faults.Worlds;
using Serverless.Service.Jobs;

namespace Serverless.Faults.Faults;

/// <summary>
/// A second trainer of a job. While the first one holds the lease, the second gets none. Once its lease is broken and taken over, the
/// first one commits nothing any more, until it gets the lease again.
/// </summary>
internal sealed class SecondTrainer : IFault
{
    public string Name => "trainer-second";

    public bool IsInShortForm => true;

    public Task RunAsync(FaultRun run) => run.RepeatAsync("two trainers for one job", RunAsync);

    private static async Task RunAsync(FaultRun run, CancellationToken ct)
    {
        await using var trial = await Trial.StartAsync(await World.OnSharedStorageAsync(run), ct);
        if (await TakeAsync(trial, ct) is not null)
            throw new FaultLostException(["two trainers hold one lease"]);
        var blob = trial.World.Account.Jobs.GetBlobClient($"{trial.Job}/head.json");
        await blob.GetBlobLeaseClient().BreakAsync(TimeSpan.Zero, cancellationToken: ct);
        trial.Strikes();
        await using (var second = await TakeAsync(trial, ct) ?? throw new FaultLostException(["a broken lease cannot be taken"]))
        {
            BlobProperties taken = await blob.GetPropertiesAsync(cancellationToken: ct);
            await trial.UntilSaidAsync($"{trial.Job}: another trainer has taken the lease over", ct);
            // Longer than from one of its commits to the next.
            await Task.Delay(TimeSpan.FromSeconds(1.5), ct);
            BlobProperties later = await blob.GetPropertiesAsync(cancellationToken: ct);
            if (taken.ETag != later.ETag)
                throw new FaultLostException(["a trainer has committed without the lease"]);
        }
        await trial.CheckAsync(ct);
    }

    private static Task<TrainerLease?> TakeAsync(Trial trial, CancellationToken ct) =>
        TrainerLease.TryAcquireAsync(trial.World.Account, trial.Job, TimeProvider.System, NullLogger.Instance, ct);
}
