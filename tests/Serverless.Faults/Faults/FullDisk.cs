using Serverless.Faults.Running;
using Serverless.Faults.Worlds;

namespace Serverless.Faults.Faults;

/// <summary>A disk that is full while a job trains: checkpoints cannot be made, the job waits, and goes on when there is space again.</summary>
internal sealed class FullDisk : IFault
{
    public string Name => "disk-full";

    public bool IsInShortForm => false;

    public string? Obstacle => PrivateDisk.Obstacle;

    public Task RunAsync(FaultRun run) => run.RepeatAsync("the disk is full for a while", RunAsync);

    private static async Task RunAsync(FaultRun run, CancellationToken ct)
    {
        await using var trial = await Trial.StartAsync(await World.OnSharedStorageAsync(run), ct, prepare: world => PrivateDisk.Use(world.Place, 200));
        await PrivateDisk.FillAsync(trial.World.Place, trial.Head, ct);
        trial.Strikes();
        await trial.UntilSaidAsync("No space left on device", ct);
        PrivateDisk.Free(trial.World.Place, trial.Head);
        await trial.CheckAsync(ct);
    }
}
