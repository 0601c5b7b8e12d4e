using System.Security.Cryptography;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Serverless.Faults.Worlds;
using Serverless.Service.Evals;
using Serverless.Service.Jobs;
using Serverless.Service.Storage;
using Serverless.Service.Uploads;

namespace Serverless.Faults.Checks;

/// <summary>Everything that is named is there with the content it is to have, and everything that is there is named.</summary>
internal static class BlobCheck
{
    private const int Most = 1000;

    // What lies in the catalog and the jobs for nobody in particular: the secret of sessions, who trains and waits, the lease of the one head, which blocks were left.
    private static readonly string[] s_common = ["access/session-secret", "admission.json", "local-head/head.json", "unfinished.json"];

    // Answers that may be asked for again, and marks of drops that were removed.
    private static readonly string[] s_kept = ["answers/", "removed-files/"];

    /// <returns>What does not hold of a storage whose jobs have ended.</returns>
    public static async Task<IReadOnlyList<string>> FindAsync(World world, CancellationToken ct)
    {
        var findings = new List<string>();
        var jobs = (await world.Jobs.ListAsync(null, Most, null, ct)).Items;
        var uploads = (await new UploadCatalog(world.Account).ListAsync(null, Most, null, ct)).Items;
        await CheckModelsAsync(world, findings, ct);
        await CheckFilesAsync(world, uploads, findings, ct);
        await CheckCheckpointsAsync(world, jobs, findings, ct);
        var runs = (await world.EvalRuns.ListAsync(null, Most, null, ct)).Items;
        await CheckJobsAsync(world, [.. jobs.Select(job => job.Id.Value), .. runs.Select(run => run.Id.Value)], findings, ct);
        await CheckCatalogAsync(world, jobs, uploads, runs, findings, ct);
        await CheckDropsAsync(world, findings, ct);
        return findings;
    }

    /// <returns>Blocks that nobody put together and that are there days later, when a head has looked (<see cref="CleanUp"/>).</returns>
    public static async Task<IReadOnlyList<string>> FindBlocksAsync(World world, CancellationToken ct)
    {
        var findings = new List<string>();
        foreach (var container in new[] { world.Account.Files, world.Account.Models, world.Account.Jobs })
        {
            var blocks = await NamesAsync(container, "", ct, BlobStates.Uncommitted);
            blocks.ExceptWith(await NamesAsync(container, "", ct));
            findings.AddRange(blocks.Select(name => $"blocks of {container.Name}/{name} are left"));
        }
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
                else if (await HashAsync(world.Account.Models.GetBlobClient(name), ct) != part.Sha256)
                    findings.Add($"{model.Id} has another {part.Path} than its record says");
            }
        findings.AddRange(blobs.Select(name => $"models/{name} is nobody's"));
    }

    private static async Task CheckFilesAsync(World world, IReadOnlyList<UploadRecord> uploads, List<string> findings, CancellationToken ct)
    {
        var blobs = await NamesAsync(world.Account.Files, "", ct, BlobStates.Uncommitted);
        foreach (var file in (await world.Files.ListAsync(null, Most, null, ct)).Items)
        {
            var own = blobs.Where(name => name.StartsWith(file.Id.Value + "/", StringComparison.Ordinal)).ToList();
            if (own.Count != 1)
                findings.Add($"{file.Id} has {own.Count} contents");
            else if (await HashAsync(world.Account.Files.GetBlobClient(own[0]), ct) != file.Sha256)
                findings.Add($"{file.Id} has another content than its record says");
            blobs.ExceptWith(own);
        }
        // Parts of an upload that may still be completed.
        foreach (var upload in uploads.Where(upload => upload.Status == UploadStatus.Pending))
            blobs.RemoveWhere(name => name.StartsWith(upload.FileId.Value + "/", StringComparison.Ordinal));
        findings.AddRange(blobs.Select(name => $"files/{name} is nobody's"));
    }

    private static async Task CheckCheckpointsAsync(World world, IReadOnlyList<JobRecord> jobs, List<string> findings, CancellationToken ct)
    {
        var store = new CheckpointStore(world.Account, TimeProvider.System);
        foreach (var job in jobs)
        {
            var blobs = await NamesAsync(world.Account.Jobs, $"{job.Id}/checkpoints/", ct);
            foreach (var checkpoint in (await world.Log.ReadHeadAsync(job.Id, ct))?.Named ?? [])
            {
                var folder = checkpoint.Manifest[..(checkpoint.Manifest.LastIndexOf('/') + 1)];
                try
                {
                    var manifest = await store.ReadManifestAsync(checkpoint, ct);
                    foreach (var part in manifest.Parts)
                        if (!blobs.Remove(folder + part.Name))
                            findings.Add($"{checkpoint.Manifest} lacks {part.Name}");
                        else if (!world.Ledger.IsDamaged(checkpoint) && await HashAsync(world.Account.Jobs.GetBlobClient(folder + part.Name), ct) != part.Sha256)
                            findings.Add($"{checkpoint.Manifest} has another {part.Name} than it says");
                    blobs.Remove(checkpoint.Manifest);
                }
                catch (CheckpointDamagedException damage)
                {
                    findings.Add($"{job.Id}: {damage.Message}");
                    blobs.RemoveWhere(name => name.StartsWith(folder, StringComparison.Ordinal));
                }
            }
            findings.AddRange(blobs.Select(name => $"jobs/{name} is no checkpoint's"));
        }
    }

    /// <param name="known">The ids of all jobs and runs of evaluations.</param>
    private static async Task CheckJobsAsync(World world, IReadOnlyList<string> known, List<string> findings, CancellationToken ct)
    {
        var blobs = await NamesAsync(world.Account.Jobs, "", ct);
        findings.AddRange(blobs.Except(s_common).Where(name => !known.Contains(name.Split('/')[0])).Select(name => $"jobs/{name} is no job's and no run's"));
    }

    private static async Task CheckCatalogAsync(
        World world, IReadOnlyList<JobRecord> jobs, IReadOnlyList<UploadRecord> uploads, IReadOnlyList<EvalRunRecord> runs, List<string> findings, CancellationToken ct)
    {
        var blobs = await NamesAsync(world.Account.Catalog, "", ct);
        blobs.ExceptWith(jobs.Select(job => $"jobs/{job.Id}.json"));
        blobs.ExceptWith(uploads.Select(upload => $"uploads/{upload.Id}.json"));
        blobs.ExceptWith((await world.Files.ListAsync(null, Most, null, ct)).Items.Select(file => $"files/{file.Id}.json"));
        blobs.ExceptWith((await world.Models.ListAsync(null, ct)).Select(model => $"models/{BlobName.Segment(model.Id.Value)}.json"));
        blobs.ExceptWith((await world.Evals.ListAsync(null, Most, null, ct)).Items.Select(eval => $"evals/{eval.Id}.json"));
        blobs.ExceptWith(runs.Select(run => $"eval-runs/{run.Id}.json"));
        blobs.ExceptWith(s_common);
        findings.AddRange(blobs.Where(name => !s_kept.Any(kind => name.StartsWith(kind, StringComparison.Ordinal))).Select(name => $"catalog/{name} is nobody's"));
    }

    private static async Task CheckDropsAsync(World world, List<string> findings, CancellationToken ct)
    {
        var blobs = await NamesAsync(world.Account.Datasets, "", ct);
        blobs.ExceptWith((await world.Files.ListAsync(null, Most, null, ct)).Items.Select(file => file.DroppedFrom).OfType<string>());
        findings.AddRange(blobs.Select(name => $"datasets/{name} was never taken"));
    }

    private static async Task<SortedSet<string>> NamesAsync(BlobContainerClient container, string prefix, CancellationToken ct, BlobStates states = BlobStates.None)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        await foreach (var blob in container.GetBlobsAsync(new() { Prefix = prefix, States = states }, ct))
            names.Add(blob.Name);
        return names;
    }

    private static async Task<string> HashAsync(BlobClient blob, CancellationToken ct)
    {
        await using var content = await blob.OpenReadAsync(cancellationToken: ct);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(content, ct));
    }
}
