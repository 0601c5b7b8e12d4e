using Azure.Storage.Blobs;

namespace Serverless.Service.Storage;

/// <summary>The containers of one deployment in one storage account.</summary>
/// <param name="service">A client of the account; see <see cref="BlobAccountFactory"/> for its retries.</param>
/// <param name="prefix">Stands before every container's name, so that several deployments, or tests, can share an account.</param>
public sealed class BlobAccount(BlobServiceClient service, string prefix = "")
{
    /// <summary>Drops: what people put there themselves.</summary>
    public BlobContainerClient Datasets { get; } = service.GetBlobContainerClient(prefix + "datasets");

    /// <summary>Contents of files, immutable.</summary>
    public BlobContainerClient Files { get; } = service.GetBlobContainerClient(prefix + "files");

    /// <summary>One record per file, job and model.</summary>
    public BlobContainerClient Catalog { get; } = service.GetBlobContainerClient(prefix + "catalog");

    /// <summary>Heads, checkpoints, metrics and events of jobs.</summary>
    public BlobContainerClient Jobs { get; } = service.GetBlobContainerClient(prefix + "jobs");

    /// <summary>Folders of models.</summary>
    public BlobContainerClient Models { get; } = service.GetBlobContainerClient(prefix + "models");

    /// <summary>The embedded head's workflow journals.</summary>
    public BlobContainerClient Journal { get; } = service.GetBlobContainerClient(prefix + "journal");

    /// <summary>Creates the containers that are missing.</summary>
    public async Task CreateContainersAsync(CancellationToken cancellationToken)
    {
        foreach (var container in new[] { Datasets, Files, Catalog, Jobs, Models, Journal })
            await container.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
    }
}
