using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Serverless.Tests.Shared;

namespace Serverless.Local.Tests.Journal;

/// <summary>Containers for journals.</summary>
internal static class JournalContainer
{
    /// <summary>An empty one that no other test uses.</summary>
    public static async Task<BlobContainerClient> NewAsync(AzuriteFixture azurite)
    {
        var container = azurite.Open(await azurite.NewPrefixAsync()).Journal;
        await container.CreateAsync(cancellationToken: TestContext.Current.CancellationToken);
        return container;
    }

    /// <summary>The same container by another connection, whose faults are not retried by the client.</summary>
    public static BlobContainerClient Through(AzuriteFixture azurite, BlobContainerClient container, HttpPipelineTransport transport) =>
        Through(azurite, transport).GetBlobContainerClient(container.Name);

    /// <summary>The storage by another connection, whose faults are not retried by the client.</summary>
    public static BlobServiceClient Through(AzuriteFixture azurite, HttpPipelineTransport transport)
    {
        var options = new BlobClientOptions { Transport = transport };
        options.Retry.MaxRetries = 0;
        return new BlobServiceClient(azurite.ConnectionString, options);
    }
}
