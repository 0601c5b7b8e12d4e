using Serverless.Faults.Checks;
using Serverless.Faults.Proxy;
using Serverless.Faults.Running;
using Serverless.Faults.Worlds;

namespace Serverless.Faults.Faults;

/// <summary>
/// A head that is started while about every second of the first calls of each kind is disturbed: it answers all the same, its lists show what those of an undisturbed
/// start show, and it leaves nothing behind that does not belong there. So does the next one, once the first has been killed.
/// </summary>
internal sealed class FaultyStart : IFault
{
    private const int Times = 5;

    public string Name => "start-faulty";

    public bool IsInShortForm => true;

    public async Task RunAsync(FaultRun run)
    {
        var undisturbed = await UndisturbedAsync(run, run.Ct);
        while (run.GoesOn || !run.IsShort && run.Tried < Times)
            await run.TryAsync("calls are disturbed while a head starts", ct => RunAsync(run, undisturbed, ct));
    }

    private static async Task RunAsync(FaultRun run, Shown undisturbed, CancellationToken ct)
    {
        await using var world = await World.BehindProxyAsync(run);
        for (var start = 0; start < 2; start++)
        {
            // A new plan disturbs what has come seldom so far most.
            var plan = new DisturbancePlan(run.Random);
            world.Proxy!.Before = call => Task.FromResult(plan.Next(call));
            await using var head = await world.StartHeadAsync(ct);
            var shown = await Shown.OfAsync(world, head, ct);
            await head.KillAsync();
            await world.Ledger.NoteAsync(world, ct);
            var findings = shown.Differences(undisturbed).ToList();
            if (findings.Count > 0)
                throw new FaultLostException([.. findings.Select(one => $"start {start + 1}: {one}")]);
        }
        await Invariants.CheckAsync(world, [], ct);
    }

    /// <summary>What a head shows that starts twice on a new storage with nothing in its way.</summary>
    private static async Task<Shown> UndisturbedAsync(FaultRun run, CancellationToken ct)
    {
        await using var world = await World.OnSharedStorageAsync(run);
        await using (var first = await world.StartHeadAsync(ct))
            await first.KillAsync();
        await using var head = await world.StartHeadAsync(ct);
        return await Shown.OfAsync(world, head, ct);
    }
}
