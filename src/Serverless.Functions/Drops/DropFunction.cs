using Azure.Storage.Blobs;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Serverless.Functions.Durable;
using Serverless.Service.Pipeline.Intake;

namespace Serverless.Functions.Drops;

/// <summary>Each version of each blob that is put into the container <c>datasets</c>.</summary>
public sealed class DropFunction(FileIntake intake, DurableConnection hub)
{
#if EVENT_GRID_DROPS
    private const BlobTriggerSource Source = BlobTriggerSource.EventGrid;
#else
    private const BlobTriggerSource Source = BlobTriggerSource.LogsAndContainerScan;
#endif

    [Function("Drop")]
    public Task RunAsync(
        [BlobTrigger("datasets/{name}", Source = Source)] BlobClient blob, [DurableClient] DurableTaskClient client, CancellationToken ct)
    {
        hub.Use(client);
        return intake.TakeDropAsync(blob.Name, ct);
    }
}
