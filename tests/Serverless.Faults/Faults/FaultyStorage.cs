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

    // Kinds of calls that are rare take a few trials to meet everything.
    private const int MostTrials = 5;

    public bool IsInShortForm => true;

    public async Task RunAsync(FaultRun run)
    {
        IReadOnlyList<JobKind> kinds = run.IsShort ? [JobKind.All[1]] : JobKind.All;
        await Undisturbed.FindAsync(run, kinds);
        var plan = new DisturbancePlan(run.Random);
        for (var trials = 0; run.GoesOn || !run.IsShort && plan.Missing().Count > 0 && trials < MostTrials; trials++)
            await run.TryAsync($"disturbed calls while {string.Join(", ", kinds.Select(kind => kind.Name))} run", ct => RunAsync(run, plan, kinds, ct));
        run.Notes = $"{plan.Summary()}; {(plan.Missing() is { Count: > 0 } missing ? $"not every disturbance yet: {string.Join(", ", missing)}" : "every kind met every disturbance")}";
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
            await world.Ledger.NoteAsync(world, ct);
        }
        await head.StopAsync();
        run.Faults = plan.Disturbed - before;
        await Invariants.CheckAsync(world, jobs, ct);
    }
}
