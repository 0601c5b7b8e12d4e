using System.Collections.Concurrent;
using Serverless.Faults.Running;
using Serverless.Service.Jobs;

namespace Serverless.Faults.Worlds;

/// <summary>What jobs come to when nothing happens to them; found once for each kind and model.</summary>
internal static class Undisturbed
{
    private static readonly ConcurrentDictionary<(string Kind, string Model), Ending> s_known = new();
    private static readonly SemaphoreSlim s_turn = new(1);

    /// <summary>Runs those of the kinds that were not run before.</summary>
    public static async Task FindAsync(FaultRun run, IEnumerable<JobKind> kinds)
    {
        await s_turn.WaitAsync(run.Ct);
        try
        {
            var missing = kinds.Where(kind => !s_known.ContainsKey((kind.Name, run.Model))).ToList();
            if (missing.Count == 0)
                return;
            await using var world = await World.OnSharedStorageAsync(run);
            await using var head = await world.StartHeadAsync(run.Ct);
            foreach (var kind in missing)
            {
                var job = await world.UntilEndedAsync(await world.CreateJobAsync(head, kind, run.Ct), run.Ct);
                if (job.Status != JobStatus.Succeeded)
                    throw new InvalidOperationException($"{kind.Name} is {job.Status} though nothing disturbed it: {job.Error?.Message}\n{head.Output}");
                s_known[(kind.Name, run.Model)] = await Ending.OfAsync(world, job, run.Ct);
            }
        }
        finally
        {
            s_turn.Release();
        }
    }

    /// <summary>What a kind comes to, once <see cref="FindAsync"/> has found it.</summary>
    public static Ending Of(JobKind kind, string model) => s_known[(kind.Name, model)];
}
