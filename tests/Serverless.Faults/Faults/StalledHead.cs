using Serverless.Faults.Running;
using Serverless.Faults.Worlds;
using Serverless.Tests.Heads;

namespace Serverless.Faults.Faults;

/// <summary>
/// A head that stands still (SIGSTOP) while a job trains, until another one has taken over, and then goes on: it finds that it has lost the
/// storage, commits nothing and ends.
/// </summary>
internal sealed class StalledHead : IFault
{
    public string Name => "head-stalled";

    // Its lease has to run out.
    public bool IsInShortForm => false;

    public Task RunAsync(FaultRun run) => run.RepeatAsync("a head stands still and wakes up beside another", RunAsync);

    private static async Task RunAsync(FaultRun run, CancellationToken ct)
    {
        await using var trial = await Trial.StartAsync(await World.OnSharedStorageAsync(run), ct);
        var stalled = trial.Head;
        stalled.Send(ProcessSignal.Stop);
        trial.Strikes();
        await trial.World.EnsureTrainsAsync(trial.Job, ct);
        await using var next = await trial.World.StartHeadAsync(ct);
        await trial.World.UntilTrainingAsync(trial.Job, 1, ct);
        stalled.Send(ProcessSignal.Continue);
        while (!stalled.HasEnded)
            await Task.Delay(TimeSpan.FromMilliseconds(100), ct);
        if (!stalled.Output.Contains("Another head has taken over the jobs of this storage", StringComparison.Ordinal))
            throw new FaultLostException([$"the head that stood still ended without saying why:\n{stalled.Output}"]);
        await trial.CheckAsync(ct);
    }
}
