#pragma warning disable CS9113 // filled in by the next commits
using Serverless.Service.Storage;

namespace Serverless.Service.Jobs;

/// <summary>Checkpoints of jobs: folders of files in blob storage, each with a manifest of sizes and hashes.</summary>
public sealed class CheckpointStore(BlobAccount account, TimeProvider clock)
{
    /// <summary>Uploads every file of <paramref name="folder"/>, the manifest last. It exists once a head names it.</summary>
    public Task<CheckpointManifest> UploadAsync(JobId id, int step, string folder, CancellationToken cancellationToken) =>
        throw new NotImplementedException();

    /// <summary>Reads the manifest that a head names.</summary>
    /// <exception cref="CheckpointDamagedException">It is missing or cannot be read.</exception>
    public Task<CheckpointManifest> ReadManifestAsync(CommittedCheckpoint checkpoint, CancellationToken cancellationToken) =>
        throw new NotImplementedException();

    /// <summary>Downloads every part into <paramref name="folder"/> and checks its size and hash.</summary>
    /// <exception cref="CheckpointDamagedException">A part is missing or differs; the checkpoint before may be used.</exception>
    public Task DownloadAsync(CheckpointManifest manifest, string folder, CancellationToken cancellationToken) =>
        throw new NotImplementedException();

    /// <summary>Removes every checkpoint that the committed head does not name.</summary>
    /// <exception cref="LeaseLostException">Another trainer has taken over.</exception>
    public Task RemoveUnnamedAsync(TrainerLease lease, CancellationToken cancellationToken) => throw new NotImplementedException();
}
