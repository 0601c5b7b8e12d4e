using Serverless.Faults.Checks;
using Serverless.Faults.Proxy;
using Serverless.Faults.Running;
using Serverless.Faults.Worlds;
using Serverless.Service.Jobs;

namespace Serverless.Faults.Faults;

/// <summary>
/// A storage whose answers fail, come late, break off or come twice: about every eighth call of a run is disturbed, at each kind of call in
/// every way, as the seed has it.
/// </summary>
internal sealed class FaultyStorage : IFault
{
    public string Name => "storage-faulty";

    public bool IsInShortForm => false;

    public async Task RunAsync(FaultRun run)
    {
        IReadOnlyList<JobKind> kinds = run.IsShort ? [JobKind.All[1]] : JobKind.All;
        await Undisturbed.FindAsync(run, kinds);
        var plan = new DisturbancePlan(run.Random);
        while (run.GoesOn || !run.IsShort && plan.Missing().Count > 0 && run.Tried < 5)
            await run.TryAsync($"disturbed calls while {string.Join(", ", kinds.Select(kind => kind.Name))} run", ct => RunAsync(run, plan, kinds, ct));
        run.Notes = plan.Summary();
    }

    private static async Task RunAsync(FaultRun run, DisturbancePlan plan, IReadOnlyList<JobKind> kinds, CancellationToken ct)
    {
        await using var world = await World.BehindProxyAsync(run);
        world.Proxy!.Before = call => Task.FromResult(plan.Next(call));
        var before = plan.Disturbed;
        await using var head = await world.StartHeadAsync(ct);
        var jobs = new List<(JobKind Kind, JobId Id)>();
        foreach (var kind in kinds)
        {
            jobs.Add((kind, await world.CreateJobAsync(head, kind, ct)));
            await world.UntilEndedAsync(jobs[^1].Id, ct);
        }
        await head.StopAsync();
        run.Faults = plan.Disturbed - before;
        await Invariants.CheckAsync(world, jobs, ct);
    }
}
