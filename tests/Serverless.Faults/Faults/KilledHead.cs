using System.Globalization;
using Serverless.Faults.Checks;
using Serverless.Faults.Proxy;
using Serverless.Faults.Running;
using Serverless.Faults.Worlds;
using Serverless.Local.Journal;
using Serverless.Service.Jobs;
using Serverless.Tests.Heads;

namespace Serverless.Faults.Faults;

/// <summary>
/// Heads that get SIGKILL at random moments, first while files are uploaded, models added, evaluations run and any of them deleted, then while a job of every method runs: some time
/// after they were started, some time after they answered, or at one of their writes, before or after it is carried out.
/// </summary>
internal sealed class KilledHead : IFault
{
    // Five deaths in one activity fail a job, as they shall. Before it comes to that, a head may get on.
    private const int MostDeaths = 3;

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(200);

    public string Name => "head-killed";

    public bool IsInShortForm => true;

    public async Task RunAsync(FaultRun run)
    {
        IReadOnlyList<JobKind> kinds = run.IsShort ? [JobKind.All[1]] : JobKind.All;
        await Undisturbed.FindAsync(run, kinds);
        var total = new Kills();
        do
        {
            total.Trials++;
            await run.TryAsync(
                $"kill -9, while files, models and evaluations come and go and while {string.Join(", ", kinds.Select(kind => kind.Name))} run", ct => RunAsync(run, kinds, total, ct));
        }
        while (run.GoesOn || total.All < run.Kills);
        run.Notes = string.Create(
            CultureInfo.InvariantCulture,
            $"{total.All} kills in {total.Trials} trials: {total.BeforeJobs} while files, models and evaluations came and went, of which {total.Answered} were answered, {total.WhileJobsRan} while jobs ran");
    }

    private static async Task RunAsync(FaultRun run, IReadOnlyList<JobKind> kinds, Kills total, CancellationToken ct)
    {
        await using var world = await World.BehindProxyAsync(run);
        total.OfTrial = 0;
        await ComeAndGoAsync(run, world, total, run.IsShort ? 2 : 8, ct);
        var jobs = new List<(JobKind Kind, JobId Id)>();
        await using (var first = await world.StartHeadAsync(ct))
        {
            foreach (var kind in kinds)
                jobs.Add((kind, await world.CreateJobAsync(first, kind, ct)));
            await KillAsync(first);
        }
        for (var ended = false; !ended;)
        {
            await using var head = HeadProcess.Launch(world.Place);
            var dead = DieAsync(run, world, head, ct);
            ended = await EndedAsync(world, jobs, () => dead.IsCompleted, ct);
            if (ended)
                await head.KillAsync();
            else
                await KillAsync(head);
            // A head that ended by itself is one more thing to find out.
            await dead;
        }
        await using var last = await world.StartHeadAsync(ct);
        await Invariants.CheckAsync(world, jobs, ct);

        async Task KillAsync(HeadProcess head)
        {
            await head.KillAsync();
            run.Faults = ++total.OfTrial;
            total.WhileJobsRan++;
            await world.Ledger.NoteAsync(world, ct);
        }
    }

    /// <summary>Kills heads while a caller's files, models and evaluations come and go, and asks what is there of them.</summary>
    private static async Task ComeAndGoAsync(FaultRun run, World world, Kills total, int deaths, CancellationToken ct)
    {
        var caller = new ComingAndGoing(world, run.Random);
        for (var death = 0; death < deaths; death++)
        {
            await using var head = HeadProcess.Launch(world.Place);
            var (timed, part, before) = (run.Random.Next(3) == 0, run.Random.NextDouble(), run.Random.Next(2) == 0);
            await head.AnswersAsync(ct);
            await UntilSomeComeFurtherAsync(world, head, ct);
            var killed = timed ? AfterAsync(head, part * TimeSpan.FromSeconds(2), ct) : AtWriteAsync(world.Proxy!, head, 1 + (int)(part * 40), before, ct);
            await caller.RunAsync(head, ct);
            await killed;
            run.Faults = ++total.OfTrial;
            total.BeforeJobs++;
            await world.Ledger.NoteAsync(world, ct);
        }
        total.Answered += caller.Answered;
        if (caller.Answered == 0)
            throw new InvalidOperationException("the heads died before they had answered anything");
        await using (var last = await world.StartHeadAsync(ct))
        {
            await world.UntilTakenInAsync(ct);
            await world.UntilEvaluatedAsync(ct);
            await last.StopAsync();
        }
        await CleanUp.RunAsync(world, ct);
        await Invariants.CheckAsync(world, [], ct);
    }

    /// <summary>Kills the head at a random moment.</summary>
    private static async Task DieAsync(FaultRun run, World world, HeadProcess head, CancellationToken ct)
    {
        var (kind, part, before) = (run.Random.Next(20), run.Random.NextDouble(), run.Random.Next(2) == 0);
        var onTheWay = await MostStartsAsync(world, ct) >= MostDeaths;
        if (kind < 3 && !onTheWay)
        {
            await AfterAsync(head, part * TimeSpan.FromSeconds(2.5), ct);
            return;
        }
        await Task.WhenAny(head.AnswersAsync(ct), Task.Delay(Timeout.Infinite, ct));
        await UntilSomeComeFurtherAsync(world, head, ct);
        if (kind < 11)
            await AfterAsync(head, part * TimeSpan.FromSeconds(run.IsShort ? 1.5 : 5), ct);
        else
            await AtWriteAsync(world.Proxy!, head, 1 + (int)(part * (run.IsShort ? 30 : 90)), before, ct);
    }

    private static async Task AfterAsync(HeadProcess head, TimeSpan time, CancellationToken ct)
    {
        for (var begun = TimeProvider.System.GetTimestamp(); !head.HasEnded && TimeProvider.System.GetElapsedTime(begun) < time;)
            await Task.Delay(TimeSpan.FromMilliseconds(5), ct);
        if (!head.HasEnded)
            await head.KillAsync();
    }

    /// <summary>Kills the head at its next write but so many, which is carried out or not.</summary>
    private static async Task AtWriteAsync(StorageProxy proxy, HeadProcess head, int writes, bool before, CancellationToken ct)
    {
        var left = writes;
        proxy.Before = async call =>
        {
            if (!before || !call.Writes || Interlocked.Decrement(ref left) != 0)
                return Disturbance.None;
            await head.KillAsync();
            return Disturbance.CutBefore;
        };
        proxy.After = async call =>
        {
            if (!before && call.Writes && Interlocked.Decrement(ref left) == 0)
                await head.KillAsync();
        };
        while (!head.HasEnded)
            await Task.Delay(s_look, ct);
        proxy.Before = _ => Task.FromResult(Disturbance.None);
        proxy.After = _ => Task.CompletedTask;
    }

    /// <summary>Lets the head get on with what others have died in so often that it is not to be once more.</summary>
    private static async Task UntilSomeComeFurtherAsync(World world, HeadProcess head, CancellationToken ct)
    {
        while (!head.HasEnded && await MostStartsAsync(world, ct) >= MostDeaths)
            await Task.Delay(s_look, ct);
    }

    /// <summary>How often the process has died at most in an activity that has not come further since.</summary>
    private static async Task<int> MostStartsAsync(World world, CancellationToken ct)
    {
        var most = 0;
        await foreach (var (id, runs, _) in world.Journal.ListAsync(ct))
            if (runs && await world.Journal.FindAsync(id, ct) is { Record: { State: JournalState.Running, Pending: { } pending } })
                most = Math.Max(most, pending.Starts);
        return most;
    }

    /// <summary>Whether all jobs have ended before the head died.</summary>
    private static async Task<bool> EndedAsync(World world, List<(JobKind Kind, JobId Id)> jobs, Func<bool> isDead, CancellationToken ct)
    {
        while (true)
        {
            var dead = isDead();
            var ended = true;
            foreach (var (_, id) in jobs)
                ended = ended && await world.EndedAsync(id, ct) is not null;
            if (ended || dead)
                return ended;
            await Task.Delay(s_look, ct);
        }
    }

    /// <summary>What all trials together come to.</summary>
    private sealed class Kills
    {
        public int Trials { get; set; }

        public int OfTrial { get; set; }

        public int BeforeJobs { get; set; }

        public int Answered { get; set; }

        public int WhileJobsRan { get; set; }

        public int All => BeforeJobs + WhileJobsRan;
    }
}
