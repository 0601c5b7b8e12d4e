using System.Collections.Immutable;
using System.Text.Json;
using Azure;
using Azure.Storage.Blobs.Models;
using Serverless.Service.Catalog;
using Serverless.Service.Storage;

namespace Serverless.Service.Jobs;

/// <summary>
/// Checkpoints of jobs: <c>jobs/&lt;id&gt;/checkpoints/&lt;step&gt;/&lt;upload&gt;/</c> with the parts and <c>manifest.json</c>. Every upload has a folder of
/// its own, so that no trainer, however late, can overwrite what another one has committed. A checkpoint exists once a head names its manifest.
/// </summary>
public sealed class CheckpointStore(BlobAccount account, TimeProvider clock)
{
    private const string ManifestName = "manifest.json";

    /// <summary>Uploads every file of <paramref name="folder"/>, the manifest last.</summary>
    /// <param name="step">The optimiser steps done.</param>
    /// <param name="folder">A local folder with files only.</param>
    public async Task<CheckpointManifest> UploadAsync(JobId id, int step, string folder, CancellationToken cancellationToken)
    {
        if (Directory.EnumerateDirectories(folder).FirstOrDefault() is { } inner)
            throw new ArgumentException($"A checkpoint holds files only; found the folder {inner}.", nameof(folder));
        var target = $"{Prefix(id)}{step:D8}/{Guid.NewGuid().ToString("N")[..8]}/";
        var parts = ImmutableArray.CreateBuilder<CheckpointPart>();
        foreach (var file in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileName(file);
            var (bytes, sha256) = await FileTransfer.UploadAsync(account.Jobs.GetBlobClient(target + name), file, cancellationToken);
            parts.Add(new CheckpointPart(name, bytes, sha256));
        }
        var manifest = new CheckpointManifest
        {
            Path = target + ManifestName,
            JobId = id,
            Step = step,
            CreatedAt = clock.GetUtcNow(),
            Parts = parts.ToImmutable(),
        };
        var json = new BinaryData(JsonSerializer.SerializeToUtf8Bytes(manifest, CatalogJson.Options));
        await account.Jobs.GetBlobClient(manifest.Path).UploadAsync(json, overwrite: true, cancellationToken);
        return manifest;
    }

    /// <summary>Reads the manifest that a head names.</summary>
    /// <exception cref="CheckpointDamagedException">It is missing or cannot be read.</exception>
    /// <exception cref="NotSupportedException">A later version of this software wrote it.</exception>
    public async Task<CheckpointManifest> ReadManifestAsync(CommittedCheckpoint checkpoint, CancellationToken cancellationToken)
    {
        CheckpointManifest manifest;
        try
        {
            BlobDownloadResult read = await account.Jobs.GetBlobClient(checkpoint.Manifest).DownloadContentAsync(cancellationToken);
            manifest = JsonSerializer.Deserialize<CheckpointManifest>(read.Content, CatalogJson.Options)
                ?? throw new JsonException("It is null.");
        }
        catch (RequestFailedException fault) when (fault.IsMissing())
        {
            throw new CheckpointDamagedException(checkpoint.Manifest, "the manifest is missing", fault);
        }
        catch (JsonException fault)
        {
            throw new CheckpointDamagedException(checkpoint.Manifest, "the manifest cannot be read", fault);
        }
        if (manifest.Path != checkpoint.Manifest)
            throw new CheckpointDamagedException(checkpoint.Manifest, $"the manifest is that of {manifest.Path}");
        if (manifest.Version > CheckpointManifest.CurrentVersion)
            throw new NotSupportedException($"The checkpoint {manifest.Path} has the layout {manifest.Version}; this version of the software "
                + $"reads up to {CheckpointManifest.CurrentVersion}.");
        return manifest;
    }

    /// <summary>Downloads every part into <paramref name="folder"/>, which is created, and checks sizes and hashes.</summary>
    /// <exception cref="CheckpointDamagedException">A part is missing or differs; the checkpoint before may still be whole.</exception>
    public async Task DownloadAsync(CheckpointManifest manifest, string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var source = FolderOf(manifest.Path);
        foreach (var part in manifest.Parts)
        {
            if (part.Name != Path.GetFileName(part.Name) || part.Name is "." or ".." or "")
                throw new CheckpointDamagedException(manifest.Path, $"'{part.Name}' is not the name of a file");
            var blob = account.Jobs.GetBlobClient(source + part.Name);
            var finding = await FileTransfer.DownloadAsync(
                blob, Path.Combine(folder, part.Name), part.Bytes, part.Sha256, cancellationToken);
            if (finding is not null) throw new CheckpointDamagedException(manifest.Path, $"part {part.Name}: {finding}");
        }
    }

    /// <summary>Removes every checkpoint of the lease's job that its committed head does not name.</summary>
    /// <exception cref="LeaseLostException">Another trainer has taken over; nothing was removed.</exception>
    public async Task RemoveUnnamedAsync(TrainerLease lease, CancellationToken cancellationToken)
    {
        var named = lease.Head.Named.Select(checkpoint => FolderOf(checkpoint.Manifest)).ToHashSet(StringComparer.Ordinal);
        var found = new List<string>();
        await foreach (var blob in account.Jobs.GetBlobsAsync(new GetBlobsOptions { Prefix = Prefix(lease.JobId) }, cancellationToken))
            if (!named.Contains(FolderOf(blob.Name))) found.Add(blob.Name);

        // Whoever still holds the lease now held it while the list was read: nothing in it is another trainer's.
        await lease.EnsureHeldAsync(cancellationToken);
        foreach (var name in found) await account.Jobs.DeleteBlobIfExistsAsync(name, cancellationToken: cancellationToken);
    }

    private static string Prefix(JobId id) => $"{id}/checkpoints/";

    private static string FolderOf(string blobName) => blobName[..(blobName.LastIndexOf('/') + 1)];
}
