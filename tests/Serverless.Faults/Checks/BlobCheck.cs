using System.Security.Cryptography;
using Azure.Storage.Blobs;
using Serverless.Faults.Worlds;
using Serverless.Service.Jobs;
using Serverless.Service.Models;

namespace Serverless.Faults.Checks;

/// <summary>Everything that is named is there with the content it is to have, and everything that is there is named.</summary>
internal static class BlobCheck
{
    private const int Most = 1000;

    /// <returns>What does not hold of a storage whose jobs have ended.</returns>
    public static async Task<IReadOnlyList<string>> FindAsync(World world, CancellationToken ct)
    {
        var findings = new List<string>();
        await CheckModelsAsync(world, findings, ct);
        await CheckFilesAsync(world, findings, ct);
        await CheckCheckpointsAsync(world, findings, ct);
        return findings;
    }

    private static async Task CheckModelsAsync(World world, List<string> findings, CancellationToken ct)
    {
        var blobs = await NamesAsync(world.Account.Models, "", ct);
        foreach (var model in await world.Models.ListAsync(null, ct))
            foreach (var part in model.Parts)
            {
                var name = $"{model.Folder}/{part.Path}";
                if (!blobs.Remove(name))
                    findings.Add($"{model.Id} lacks {part.Path}");
                else if (model.Kind == ModelKind.Published && await HashAsync(world.Account.Models.GetBlobClient(name), ct) != part.Sha256)
                    findings.Add($"{model.Id} has another {part.Path} than its record says");
            }
        findings.AddRange(blobs.Select(name => $"models/{name} is nobody's"));
    }

    private static async Task CheckFilesAsync(World world, List<string> findings, CancellationToken ct)
    {
        var blobs = await NamesAsync(world.Account.Files, "", ct);
        foreach (var file in (await world.Files.ListAsync(null, Most, null, ct)).Items)
        {
            var own = blobs.Where(name => name.StartsWith(file.Id.Value + "/", StringComparison.Ordinal)).ToList();
            if (own.Count != 1)
                findings.Add($"{file.Id} has {own.Count} contents");
            else if (await HashAsync(world.Account.Files.GetBlobClient(own[0]), ct) != file.Sha256)
                findings.Add($"{file.Id} has another content than its record says");
            blobs.ExceptWith(own);
        }
        findings.AddRange(blobs.Select(name => $"files/{name} is nobody's"));
    }

    private static async Task CheckCheckpointsAsync(World world, List<string> findings, CancellationToken ct)
    {
        var store = new CheckpointStore(world.Account, TimeProvider.System);
        foreach (var job in (await world.Jobs.ListAsync(null, Most, null, ct)).Items)
        {
            var blobs = await NamesAsync(world.Account.Jobs, $"{job.Id}/checkpoints/", ct);
            foreach (var checkpoint in (await world.Log.ReadHeadAsync(job.Id, ct))?.Checkpoints ?? [])
            {
                var folder = checkpoint.Manifest[..(checkpoint.Manifest.LastIndexOf('/') + 1)];
                var manifest = await store.ReadManifestAsync(checkpoint, ct);
                findings.AddRange(manifest.Parts.Where(part => !blobs.Contains(folder + part.Name)).Select(part => $"{checkpoint.Manifest} lacks {part.Name}"));
                blobs.RemoveWhere(name => name.StartsWith(folder, StringComparison.Ordinal));
            }
            findings.AddRange(blobs.Select(name => $"jobs/{name} is no checkpoint's"));
        }
    }

    private static async Task<SortedSet<string>> NamesAsync(BlobContainerClient container, string prefix, CancellationToken ct)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        await foreach (var blob in container.GetBlobsAsync(new() { Prefix = prefix }, ct))
            names.Add(blob.Name);
        return names;
    }

    private static async Task<string> HashAsync(BlobClient blob, CancellationToken ct)
    {
        await using var content = await blob.OpenReadAsync(cancellationToken: ct);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(content, ct));
    }
}
