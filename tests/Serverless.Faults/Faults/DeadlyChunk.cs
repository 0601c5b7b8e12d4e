using Serverless.Faults.Checks;
using Serverless.Faults.Running;
using Serverless.Faults.Worlds;
using Serverless.Local.Journal;
using Serverless.Service.Jobs;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Faults.Faults;

/// <summary>
/// A job that its process dies of every time, as by the kernel when memory runs out: SIGKILL at the start of each chunk. After five deaths it is
/// failed with its reason, and the head lives.
/// </summary>
internal sealed class DeadlyChunk : IFault
{
    private const int Deaths = 5;

    public string Name => "memory-runs-out";

    public bool IsInShortForm => false;

    public async Task RunAsync(FaultRun run)
    {
        await Undisturbed.FindAsync(run, [JobKind.Long]);
        while (run.GoesOn)
            await run.TryAsync("each chunk is the process's death", ct => RunAsync(run, ct));
    }

    private static async Task RunAsync(FaultRun run, CancellationToken ct)
    {
        await using var world = await World.OnSharedStorageAsync(run);
        // Nothing is committed in between, which would be getting further.
        world.Place.Variables["SERVERLESS_CHECKPOINT_SECONDS"] = 600;
        JobId? id = null;
        for (var death = 0; death < Deaths; death++)
        {
            await using var head = await world.StartHeadAsync(ct);
            var job = id ??= await world.CreateJobAsync(head, JobKind.Long, ct);
            while (await StartsAsync(world, job, ct) <= death)
                await Task.Delay(TimeSpan.FromMilliseconds(20), ct);
            await head.KillAsync();
            await world.Ledger.NoteAsync(world, ct);
        }
        await using var last = await world.StartHeadAsync(ct);
        var ended = await world.UntilEndedAsync(id!.Value, ct);
        var reason = $"the process died {Deaths} times in it without coming further";
        if (ended.Status != JobStatus.Failed || ended.Error?.Message.Contains(reason, StringComparison.Ordinal) != true)
            throw new FaultLostException([$"the job is {ended.Status}: {ended.Error?.Message}"]);
        if (last.HasEnded)
            throw new FaultLostException([$"the head has ended:\n{last.Output}"]);
        await Invariants.CheckAsync(world, [], ct, ended: (JobKind.Long, id.Value, JobStatus.Failed));
    }

    private static async Task<int> StartsAsync(World world, JobId job, CancellationToken ct) =>
        (await world.Journal.FindAsync(job.Value, ct))?.Record is { State: JournalState.Running, Pending: { } pending } && pending.Name == TrainChunk.Name.Value ? pending.Starts : 0;
}
