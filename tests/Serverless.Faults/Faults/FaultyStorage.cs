using Serverless.Faults.Checks;
using Serverless.Faults.Proxy;
using Serverless.Faults.Running;
using Serverless.Faults.Worlds;
using Serverless.Service.Jobs;
using Serverless.Tests.Heads;

namespace Serverless.Faults.Faults;

/// <summary>
/// A storage whose answers fail, come late, break off or come twice: about every eighth call of a run is disturbed, at each kind of call in
/// every way, as the seed has it. Meanwhile files and models are uploaded, in parts too, dropped and deleted, models are evaluated, and a job of every method runs; in the long form
/// heads are killed besides, one job is paused and resumed and one cancelled, and a kind of call that did not meet every disturbance counts as lost.
/// </summary>
internal sealed class FaultyStorage : IFault
{
    public string Name => "storage-faulty";

    // Kinds of calls that are rare take a few trials to meet everything.
    private const int MostTrials = 5;

    private const string Paused = "Fine-tuning job paused", Resumed = "Fine-tuning job resumed";

    // Each head that was killed leaves a lease to be broken.
    private const int Deaths = 4;

    public bool IsInShortForm => true;

    public async Task RunAsync(FaultRun run)
    {
        IReadOnlyList<JobKind> kinds = run.IsShort ? [JobKind.All[1]] : JobKind.All;
        await Undisturbed.FindAsync(run, run.IsShort ? kinds : [.. kinds, JobKind.Longer]);
        var plan = new DisturbancePlan(run.Random, eager: !run.IsShort);
        for (var trials = 0; run.GoesOn || !run.IsShort && plan.Missing().Count > 0 && trials < MostTrials; trials++)
            await run.TryAsync($"disturbed calls while files, models and evaluations come and go and {string.Join(", ", kinds.Select(kind => kind.Name))} run", ct => RunAsync(run, plan, kinds, ct));
        run.Details = plan.Table();
        var missing = plan.Missing();
        run.Notes = missing.Count > 0 ? $"not everything was tried: {string.Join("; ", missing)}" : "every kind of call met every disturbance";
        if (!run.IsShort)
            foreach (var one in missing)
                run.Lacks(one);
    }

    private static async Task RunAsync(FaultRun run, DisturbancePlan plan, IReadOnlyList<JobKind> kinds, CancellationToken ct)
    {
        await using var world = await World.BehindProxyAsync(run);
        world.Proxy!.Before = call => Task.FromResult(plan.Next(call));
        var before = plan.Disturbed;
        var jobs = new List<(JobKind Kind, JobId Id)>();
        (JobKind, JobId, JobStatus)? cancelled = null;
        JobId? paused = null;
        if (!run.IsShort)
        {
            for (var death = 0; death < Deaths; death++)
            {
                await using var head = await world.StartHeadAsync(ct);
                await head.KillAsync();
            }
            jobs.Add((JobKind.Longer, (paused = await PauseAsync(world, ct)).Value));
            cancelled = (JobKind.Longer, await CancelAsync(world, ct), JobStatus.Cancelled);
        }
        await using (var head = await world.StartHeadAsync(ct))
        {
            var caller = new ComingAndGoing(world, run.Random);
            await caller.RunAsync(head, run.IsShort ? 6 : 36, ct);
            await caller.DropAsync(ct);
            foreach (var kind in kinds)
            {
                jobs.Add((kind, await world.CreateJobAsync(head, kind, ct)));
                await world.UntilEndedAsync(jobs[^1].Id, ct);
                await world.Ledger.NoteAsync(world, ct);
            }
            await world.UntilTakenInAsync(ct);
            await world.UntilEvaluatedAsync(ct);
            await head.StopAsync();
        }
        run.Faults = plan.Disturbed - before;
        await Invariants.CheckAsync(world, jobs, ct, message => message is Paused or Resumed, ended: cancelled);
        if (paused is { } id)
            await CheckPauseAsync(world, id, ct);
    }

    /// <summary>Pauses a job while it trains, and resumes it.</summary>
    private static Task<JobId> PauseAsync(World world, CancellationToken ct) => DisturbAsync(
        world,
        async (head, job) =>
        {
            await AskAsync(world, head, job, "pause", ct);
            while (await world.Jobs.FindAsync(job, ct) is not { Status: JobStatus.Paused })
            {
                if (await world.EndedAsync(job, ct) is { } ended)
                    throw new StruckTooLateException($"the job is {ended.Status} before it could be paused");
                await Task.Delay(TimeSpan.FromMilliseconds(100), ct);
            }
            await AskAsync(world, head, job, "resume", ct);
        },
        ct);

    /// <summary>Cancels a job while it trains.</summary>
    private static Task<JobId> CancelAsync(World world, CancellationToken ct) => DisturbAsync(world, (head, job) => AskAsync(world, head, job, "cancel", ct), ct);

    /// <summary>Does something with a job that trains, on a head that has taken over from one that was killed, and waits for the job's end.</summary>
    private static async Task<JobId> DisturbAsync(World world, Func<HeadProcess, JobId, Task> act, CancellationToken ct)
    {
        var job = await TrainAndKillAsync(world, ct);
        await using var head = await world.StartHeadAsync(ct);
        await act(head, job);
        await world.UntilEndedAsync(job, ct);
        await world.Ledger.NoteAsync(world, ct);
        await head.StopAsync();
        return job;
    }

    /// <summary>Has a head train a job until it has a checkpoint, and kills it: the next one has leases to break.</summary>
    private static async Task<JobId> TrainAndKillAsync(World world, CancellationToken ct)
    {
        await using var head = await world.StartHeadAsync(ct);
        var job = await world.CreateJobAsync(head, JobKind.Longer, ct);
        await world.UntilTrainingAsync(job, 1, ct);
        await head.KillAsync();
        await world.EnsureTrainsAsync(job, ct);
        await world.Ledger.NoteAsync(world, ct);
        return job;
    }

    private static async Task AskAsync(World world, HeadProcess head, JobId job, string what, CancellationToken ct)
    {
        using var answer = await head.Http.PostAsync($"fine_tuning/jobs/{job}/{what}", null, ct);
        if (answer.IsSuccessStatusCode)
            return;
        throw await world.Jobs.FindAsync(job, ct) is { Status: JobStatus.Succeeded }
            ? new StruckTooLateException($"the job has succeeded before its {what}")
            : new FaultLostException([$"{what} of {job} is answered with {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync(ct)}"]);
    }

    private static async Task CheckPauseAsync(World world, JobId job, CancellationToken ct)
    {
        var said = (await Ending.EventsAsync(world, job, ct)).Select(one => one.Message).Where(message => message is Paused or Resumed).ToList();
        if (!said.SequenceEqual([Paused, Resumed]))
            throw new FaultLostException([$"{job} was paused and resumed once, and its events say: {string.Join(", ", said)}"]);
    }
}
