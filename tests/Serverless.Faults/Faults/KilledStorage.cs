using System.Diagnostics;
using Serverless.Faults.Running;
using Serverless.Faults.Worlds;

namespace Serverless.Faults.Faults;

/// <summary>
/// A storage emulator that gets SIGKILL while a job trains and is started again. It acknowledges before it saves, so it comes back as it was
/// some seconds before; from there everything has to go on.
/// </summary>
internal sealed class KilledStorage : IFault
{
    private static readonly TimeSpan s_betweenSaves = TimeSpan.FromSeconds(5);

    public string Name => "storage-killed";

    public bool IsInShortForm => true;

    public Task RunAsync(FaultRun run) => run.RepeatAsync("kill -9 of the storage", RunAsync);

    private static async Task RunAsync(FaultRun run, CancellationToken ct)
    {
        await using var trial = await Trial.StartAsync(await World.OnOwnStorageAsync(run), ct, checkpoints: 2);
        // What was noted by then is saved; what comes after is at the mercy of the moment.
        await trial.World.UntilSavedAsync(ct);
        await Task.Delay(run.Random.NextDouble() * s_betweenSaves, ct);
        using (var storage = Process.GetProcessById(trial.World.Storage!.ProcessId!.Value))
            storage.Kill();
        trial.Strikes();
        // Whoever owns it starts it again within a second.
        try
        {
            await trial.CheckAsync(ct);
        }
        catch (Exception loss) when (loss is not FaultLostException and not StruckTooLateException)
        {
            throw new InvalidOperationException($"{loss.Message}\n{trial.Head.Output}", loss);
        }
    }
}
