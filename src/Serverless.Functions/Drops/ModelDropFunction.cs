using Azure.Storage.Blobs;
using Microsoft.Azure.Functions.Worker;
using Serverless.Service.Models.Adding;

namespace Serverless.Functions.Drops;

/// <summary>Each version of each blob in the container <c>models</c>; most are the service's own.</summary>
public sealed class ModelDropFunction(ModelDrops drops)
{
#if EVENT_GRID_DROPS
    private const BlobTriggerSource Source = BlobTriggerSource.EventGrid;
#else
    private const BlobTriggerSource Source = BlobTriggerSource.LogsAndContainerScan;
#endif

    [Function("ModelDrop")]
    public Task RunAsync([BlobTrigger("models/{name}", Source = Source)] BlobClient blob, CancellationToken ct) => drops.TakeAsync(blob.Name, ct);
}
