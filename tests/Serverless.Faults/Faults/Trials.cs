using Serverless.Faults.Running;
using Serverless.Faults.Worlds;

namespace Serverless.Faults.Faults;

/// <summary>Trials of one kind.</summary>
internal static class Trials
{
    /// <summary>Tries the same again and again on a long job, once it is known what that comes to undisturbed.</summary>
    /// <param name="what">In few words, what is tried.</param>
    /// <param name="trial">Throws when something was lost.</param>
    public static async Task RepeatAsync(this FaultRun run, string what, Func<FaultRun, CancellationToken, Task> trial)
    {
        await Undisturbed.FindAsync(run, [JobKind.Long]);
        while (run.GoesOn)
            await run.TryAsync(what, ct => trial(run, ct));
    }
}
