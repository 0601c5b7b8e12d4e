using Serverless.Faults.Checks;
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
        var world = await World.OnSharedStorageAsync(run);
        PrivateDisk.Use(world.Place, 200);
        await using var trial = await Trial.StartAsync(world, ct);
        await PrivateDisk.FillAsync(world.Place, trial.Head, ct);
        await trial.UntilSaidAsync("No space left on device", ct);
        PrivateDisk.Free(world.Place, trial.Head);
        await Invariants.CheckAsync(world, trial.Jobs, ct);
    }
}
