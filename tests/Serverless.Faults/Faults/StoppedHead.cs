using System.Diagnostics;
using Serverless.Faults.Checks;
using Serverless.Faults.Running;
using Serverless.Faults.Worlds;
using Serverless.Local.Journal;

namespace Serverless.Faults.Faults;

/// <summary>A head that gets SIGTERM while a job trains: it commits what was done, ends within ten seconds, and the next one goes on from there.</summary>
internal sealed class StoppedHead : IFault
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(10);

    public string Name => "head-stopped";

    public bool IsInShortForm => true;

    public Task RunAsync(FaultRun run) => run.RepeatAsync("SIGTERM while it trains", RunAsync);

    private static async Task RunAsync(FaultRun run, CancellationToken ct)
    {
        await using var world = await World.OnSharedStorageAsync(run);
        await using var first = await world.StartHeadAsync(ct);
        var job = await world.CreateJobAsync(first, JobKind.Long, ct);
        await world.UntilTrainingAsync(job, 1, ct);
        await Task.Delay(run.Random.NextDouble() * TimeSpan.FromSeconds(1), ct);
        var seen = (await world.Log.ListMetricsAsync(job, 0, ct))[^1].Step;
        var clock = Stopwatch.StartNew();
        var code = await first.StopAsync();
        // The short form runs beside the tests of other projects, which leave little of the processor: then it may have to leave what it does, as a kill would.
        var left = first.Output.Contains("without waiting", StringComparison.Ordinal);
        if (code != 0 || clock.Elapsed > (run.IsShort ? 2 : 1) * s_longest || (left && !run.IsShort))
            throw new FaultLostException([$"it ended with {code} after {clock.Elapsed.TotalSeconds:0.0} s:\n{first.Output}"]);
        await world.EnsureTrainsAsync(job, ct);
        if (!left && (await world.Log.ReadHeadAsync(job, ct))!.Step is var step && step < seen)
            throw new FaultLostException([$"it had shown step {seen} and committed step {step}"]);
        if (!left && (await world.Journal.FindAsync(job.Value, ct))?.Record is { State: JournalState.Running, Pending.Starts: > 0 })
            throw new FaultLostException(["it counts as a death"]);
        await world.Ledger.NoteAsync(world, ct);
        await using var next = await world.StartHeadAsync(ct);
        await Invariants.CheckAsync(world, [(JobKind.Long, job)], ct);
    }
}
