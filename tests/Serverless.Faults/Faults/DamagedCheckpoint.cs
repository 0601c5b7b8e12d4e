using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Serverless.Faults.Checks;
using Serverless.Faults.Running;
using Serverless.Faults.Worlds;
using Serverless.Service.Jobs;

namespace Serverless.Faults.Faults;

/// <summary>A checkpoint with one wrong bit: the one before it is used and an event says so, or the job fails with its reason where all are damaged.</summary>
internal sealed class DamagedCheckpoint : IFault
{
    public string Name => "checkpoint-damaged";

    public bool IsInShortForm => true;

    public async Task RunAsync(FaultRun run)
    {
        await Undisturbed.FindAsync(run, [JobKind.Long]);
        for (var all = false; run.GoesOn || run.Tried < 2; all = !all)
        {
            var every = all;
            await run.TryAsync(every ? "one bit of every checkpoint" : "one bit of the newest checkpoint", ct => RunAsync(run, every, ct));
        }
    }

    private static async Task RunAsync(FaultRun run, bool every, CancellationToken ct)
    {
        await using var trial = await Trial.StartAsync(await World.OnSharedStorageAsync(run), ct, checkpoints: 2);
        await trial.KillAsync(ct);
        var checkpoints = (await trial.CommittedAsync(ct)).Checkpoints;
        foreach (var damaged in every ? checkpoints : [checkpoints[^1]])
        {
            await FlipAsync(run, trial, damaged.Manifest[..(damaged.Manifest.LastIndexOf('/') + 1)], ct);
            trial.World.Ledger.Damages(damaged);
        }
        await trial.StartNextAsync(ct);
        if (every)
        {
            var ended = await trial.World.UntilEndedAsync(trial.Job, ct);
            if (ended.Error?.Code != "checkpoint_damaged")
                throw new FaultLostException([$"the job is {ended.Status}: {ended.Error?.Message}"]);
            await Invariants.CheckAsync(trial.World, [], ct, TellsOfDamage, ended: (trial.Kind, trial.Job, JobStatus.Failed));
            return;
        }
        await trial.CheckAsync(ct, TellsOfDamage);
        var said = (await trial.MessagesAsync(ct)).Count(TellsOfDamage);
        if (said != 1)
            throw new FaultLostException([$"{said} events tell of the damage of a checkpoint"]);
    }

    private static bool TellsOfDamage(string message) =>
        message.Contains("is damaged", StringComparison.Ordinal) && message.Contains("The job goes on from step", StringComparison.Ordinal);

    private static async Task FlipAsync(FaultRun run, Trial trial, string folder, CancellationToken ct)
    {
        var parts = new List<BlobItem>();
        await foreach (var part in trial.World.Account.Jobs.GetBlobsAsync(new() { Prefix = folder }, ct))
            if (part.Name.EndsWith(".safetensors", StringComparison.Ordinal))
                parts.Add(part);
        BlobClient blob = trial.World.Account.Jobs.GetBlobClient(parts[run.Random.Next(parts.Count)].Name);
        var content = (await blob.DownloadContentAsync(ct)).Value.Content.ToArray();
        content[run.Random.Next(content.Length)] ^= (byte)(1 << run.Random.Next(8));
        await blob.UploadAsync(BinaryData.FromBytes(content), overwrite: true, ct);
    }
}
