using Serverless.Faults.Running;
using Serverless.Faults.Worlds;
using Serverless.Local.Azurite;

namespace Serverless.Faults.Faults;

/// <summary>A storage that is stopped while a job trains, is away for a while, and comes back with everything it had.</summary>
internal sealed class RestartedStorage : IFault
{
    public string Name => "storage-restarted";

    public bool IsInShortForm => true;

    public async Task RunAsync(FaultRun run)
    {
        await Undisturbed.FindAsync(run, [JobKind.Long]);
        while (run.GoesOn)
        {
            var seconds = run.IsShort ? 2 : run.Random.Next(1, 30);
            await run.TryAsync($"the storage is away for {seconds} s", ct => RunAsync(run, TimeSpan.FromSeconds(seconds), ct));
        }
    }

    private static async Task RunAsync(FaultRun run, TimeSpan away, CancellationToken ct)
    {
        await using var trial = await Trial.StartAsync(await World.OnOwnStorageAsync(run), ct);
        await trial.World.Storage!.DisposeAsync();
        trial.Strikes();
        await Task.Delay(away, ct);
        trial.World.Storage = await AzuriteProcess.StartAsync(trial.World.StorageOptions!, ct);
        await trial.CheckAsync(ct);
    }
}
