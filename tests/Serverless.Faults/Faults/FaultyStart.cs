using Serverless.Faults.Checks;
using Serverless.Faults.Proxy;
using Serverless.Faults.Running;
using Serverless.Faults.Worlds;

namespace Serverless.Faults.Faults;

/// <summary>
/// A head that is started while about every second of the first calls of each kind is disturbed: it answers all the same, and leaves nothing behind that does not
/// belong there. So does the next one, once the first has been killed.
/// </summary>
internal sealed class FaultyStart : IFault
{
    private const int Times = 5;

    public string Name => "start-faulty";

    public bool IsInShortForm => true;

    public async Task RunAsync(FaultRun run)
    {
        while (run.GoesOn || !run.IsShort && run.Tried < Times)
            await run.TryAsync("calls are disturbed while a head starts", ct => RunAsync(run, ct));
    }

    private static async Task RunAsync(FaultRun run, CancellationToken ct)
    {
        await using var world = await World.BehindProxyAsync(run);
        for (var start = 0; start < 2; start++)
        {
            // A new plan disturbs what has come seldom so far most.
            var plan = new DisturbancePlan(run.Random);
            world.Proxy!.Before = call => Task.FromResult(plan.Next(call));
            await using var head = await world.StartHeadAsync(ct);
            await head.KillAsync();
        }
        await Invariants.CheckAsync(world, [], ct);
    }
}
