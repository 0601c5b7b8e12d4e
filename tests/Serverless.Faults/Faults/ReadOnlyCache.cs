using Serverless.Faults.Running;
using Serverless.Faults.Worlds;

namespace Serverless.Faults.Faults;

/// <summary>Caches that become read-only while a job trains: the job waits, everything that needs no disk is answered, and the job goes on afterwards.</summary>
internal sealed class ReadOnlyCache : IFault
{
    public string Name => "cache-read-only";

    public bool IsInShortForm => false;

    public string? Obstacle => PrivateDisk.Obstacle;

    public Task RunAsync(FaultRun run) => run.RepeatAsync("the caches are read-only for a while", RunAsync);

    private static async Task RunAsync(FaultRun run, CancellationToken ct)
    {
        await using var trial = await Trial.StartAsync(await World.OnSharedStorageAsync(run), ct, prepare: world => PrivateDisk.Use(world.Place, 200));
        await PrivateDisk.MountAsync(trial.World.Place, trial.Head, readOnly: true, ct);
        trial.Strikes();
        await trial.UntilSaidAsync("Read-only file system", ct);
        using (var answer = await trial.Head.Http.GetAsync($"fine_tuning/jobs/{trial.Job}/events", ct))
            answer.EnsureSuccessStatusCode();
        await PrivateDisk.MountAsync(trial.World.Place, trial.Head, readOnly: false, ct);
        await trial.CheckAsync(ct);
    }
}
