using System.Text.Json.Nodes;
using Serverless.Faults.Running;
using Serverless.Faults.Worlds;

namespace Serverless.Faults.Faults;

/// <summary>
/// A checkpoint that an older version of the software wrote: its manifest names no layout and knows a field that is gone. It is read as what it is.
/// </summary>
internal sealed class OlderCheckpoint : IFault
{
    public string Name => "checkpoint-older";

    public bool IsInShortForm => false;

    public Task RunAsync(FaultRun run) => run.RepeatAsync("a manifest of before", RunAsync);

    private static async Task RunAsync(FaultRun run, CancellationToken ct)
    {
        await using var trial = await Trial.StartAsync(await World.OnSharedStorageAsync(run), ct);
        await trial.KillAsync(ct);
        var committed = await trial.CommittedAsync(ct);
        var blob = trial.World.Account.Jobs.GetBlobClient(committed.Manifest!);
        var manifest = JsonNode.Parse((await blob.DownloadContentAsync(ct)).Value.Content.ToString())!.AsObject();
        if (!manifest.Remove("version"))
            throw new InvalidOperationException($"the manifest has no version: {manifest}");
        manifest["scheduler"] = "cosine";
        await blob.UploadAsync(BinaryData.FromString(manifest.ToJsonString()), overwrite: true, ct);
        await trial.StartNextAsync(ct);
        await trial.CheckAsync(ct);
        if ((await trial.CommittedAsync(ct)).Step <= committed.Step)
            throw new FaultLostException(["the job did not go on"]);
    }
}
