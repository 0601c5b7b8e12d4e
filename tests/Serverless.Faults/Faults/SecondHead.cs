using Serverless.Faults.Running;
using Serverless.Faults.Worlds;
using Serverless.Tests.Heads;

namespace Serverless.Faults.Faults;

/// <summary>A second head that is started on a storage whose jobs another one runs: it ends and says why, and the job does not notice.</summary>
internal sealed class SecondHead : IFault
{
    private const string Refusal = "another head runs the jobs of this storage";

    public string Name => "head-second";

    public bool IsInShortForm => true;

    public Task RunAsync(FaultRun run) => run.RepeatAsync("a second head on one storage", RunAsync);

    private static async Task RunAsync(FaultRun run, CancellationToken ct)
    {
        await using var trial = await Trial.StartAsync(await World.OnSharedStorageAsync(run), ct);
        await using var second = HeadProcess.Launch(trial.World.Place);
        trial.Strikes();
        try
        {
            await second.AnswersAsync(ct);
            throw new FaultLostException([$"two heads answer on one storage:\n{second.Output}"]);
        }
        catch (InvalidOperationException ended)
        {
            if (!ended.Message.Contains(Refusal, StringComparison.Ordinal))
                throw new FaultLostException([ended.Message]);
        }
        await trial.CheckAsync(ct);
    }
}
