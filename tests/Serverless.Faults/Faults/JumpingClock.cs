using Serverless.Faults.Checks;
using Serverless.Faults.Running;
using Serverless.Faults.Worlds;

namespace Serverless.Faults.Faults;

/// <summary>
/// A clock that jumps an hour ahead or back while one job trains and another one waits its turn: neither waits an hour for it. The clock is that of
/// libfaketime, where it is installed; the steady clock stays as it is.
/// </summary>
internal sealed class JumpingClock : IFault
{
    private static readonly string? s_library = new[] { "/usr/lib", "/usr/lib64", "/usr/local/lib" }.Where(Directory.Exists)
        .SelectMany(folder => Directory.EnumerateFiles(folder, "libfaketime.so.1", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true })).FirstOrDefault();

    public string Name => "clock-jumps";

    public bool IsInShortForm => false;

    public string? Obstacle => s_library is null ? "libfaketime is not installed (on Debian: apt-get install faketime)" : null;

    public async Task RunAsync(FaultRun run)
    {
        await Undisturbed.FindAsync(run, [JobKind.Long, JobKind.All[1]]);
        for (var back = false; run.GoesOn || run.Tried < 2; back = !back)
        {
            var jump = back ? "-3600" : "+3600";
            await run.TryAsync($"the clock jumps by {jump} s", ct => RunAsync(run, jump, ct));
        }
    }

    private static async Task RunAsync(FaultRun run, string jump, CancellationToken ct)
    {
        await using var trial = await Trial.StartAsync(await World.OnSharedStorageAsync(run), ct, prepare: UseClock);
        var (world, file) = (trial.World, ClockOf(trial.World));
        var waiting = await world.CreateJobAsync(trial.Head, JobKind.All[1], ct);
        while ((await world.Journal.FindAsync(waiting.Value, ct))?.Record.Pending?.Due is null)
            await Task.Delay(TimeSpan.FromMilliseconds(50), ct);
        // The library reads the file at every look at the clock, so it must never be there half.
        await File.WriteAllTextAsync(file + ".new", jump + "\n", ct);
        File.Move(file + ".new", file, overwrite: true);
        await world.EnsureTrainsAsync(trial.Job, ct);
        await Invariants.CheckAsync(world, [.. trial.Jobs, (JobKind.All[1], waiting)], ct, clockJumped: true);
    }

    private static string ClockOf(World world) => Path.Combine(world.Place.Folder, "clock");

    private static void UseClock(World world)
    {
        File.WriteAllText(ClockOf(world), "+0\n");
        foreach (var (name, value) in new[]
            { ("LD_PRELOAD", s_library!), ("FAKETIME_TIMESTAMP_FILE", ClockOf(world)), ("FAKETIME_NO_CACHE", "1"), ("FAKETIME_DONT_FAKE_MONOTONIC", "1") })
            world.Place.Variables[name] = value;
    }
}
