using Serverless.Faults.Checks;
using Serverless.Faults.Running;
using Serverless.Faults.Worlds;
using Serverless.Service.Jobs;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Faults.Faults;

/// <summary>
/// Caches that become read-only while a job trains: the job waits, everything that needs no disk is answered, and the job goes on afterwards. One that
/// is cancelled meanwhile ends, though its folder cannot be removed.
/// </summary>
internal sealed class ReadOnlyCache : IFault
{
    // What the disk's refusal is called depends on what was tried first.
    private static readonly string s_refusal = $"{TrainChunk.Name.Value} failed, attempt";

    public string Name => "cache-read-only";

    public bool IsInShortForm => false;

    public string? Obstacle => PrivateDisk.Obstacle;

    public async Task RunAsync(FaultRun run)
    {
        await Undisturbed.FindAsync(run, [JobKind.Long]);
        for (var cancels = false; run.GoesOn || run.Tried < 2; cancels = !cancels)
        {
            Func<Trial, CancellationToken, Task> goesOn = cancels ? CancelAsync : WaitAsync;
            await run.TryAsync(cancels ? "the job is cancelled while the caches are read-only" : "the caches are read-only for a while", ct => RunAsync(run, goesOn, ct));
        }
    }

    private static async Task RunAsync(FaultRun run, Func<Trial, CancellationToken, Task> goesOn, CancellationToken ct)
    {
        await using var trial = await Trial.StartAsync(await World.OnSharedStorageAsync(run), ct, prepare: world => PrivateDisk.Use(world.Place, 200));
        await PrivateDisk.MountAsync(trial.World.Place, trial.Head, readOnly: true, ct);
        trial.Strikes();
        await trial.UntilSaidAsync(s_refusal, ct);
        await goesOn(trial, ct);
    }

    private static async Task WaitAsync(Trial trial, CancellationToken ct)
    {
        using (var answer = await trial.Head.Http.GetAsync($"fine_tuning/jobs/{trial.Job}/events", ct))
            answer.EnsureSuccessStatusCode();
        await PrivateDisk.MountAsync(trial.World.Place, trial.Head, readOnly: false, ct);
        await trial.CheckAsync(ct);
    }

    private static async Task CancelAsync(Trial trial, CancellationToken ct)
    {
        using (var answer = await trial.Head.Http.PostAsync($"fine_tuning/jobs/{trial.Job}/cancel", null, ct))
            answer.EnsureSuccessStatusCode();
        await Invariants.CheckAsync(trial.World, [], ct, ended: (trial.Kind, trial.Job, JobStatus.Cancelled));
    }
}
