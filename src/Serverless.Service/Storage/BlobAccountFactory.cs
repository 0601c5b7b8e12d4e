using Azure.Core;
using Azure.Identity;
using Azure.Storage.Blobs;

namespace Serverless.Service.Storage;

/// <summary>
/// Opens the storage account that <see cref="StorageSettings"/> names, with the retries that carry everything here over a storage that
/// goes away for a minute. Nothing above this client repeats a call for that reason.
/// </summary>
public static class BlobAccountFactory
{
    /// <summary>
    /// With these, a call gives up about 75 seconds after its first try: waits of 0.5, 1, 2, 4, 8 and then 10 seconds between eleven tries.
    /// A single try that hangs is ended after a minute; the largest blocks sent here, 8 MB, need a hundredth of that.
    /// </summary>
    public static BlobClientOptions Options()
    {
        var options = new BlobClientOptions();
        options.Retry.Mode = RetryMode.Exponential;
        options.Retry.MaxRetries = 10;
        options.Retry.Delay = TimeSpan.FromMilliseconds(500);
        options.Retry.MaxDelay = TimeSpan.FromSeconds(10);
        options.Retry.NetworkTimeout = TimeSpan.FromMinutes(1);
        options.AddPolicy(new WholeRefusals(), HttpPipelinePosition.PerRetry);
        return options;
    }

    /// <summary>Opens the account without calling it.</summary>
    /// <exception cref="Learning.InputError">Both a connection string and an address are given, or one of them cannot be read.</exception>
    public static BlobAccount Open(StorageSettings settings)
    {
        settings.Validate();
        var service = settings.AccountUrl is { } url
            ? new BlobServiceClient(url, Identity(settings.IdentityClientId), Options())
            : new BlobServiceClient(settings.ConnectionString ?? StorageSettings.DevelopmentStorage, Options());
        return new BlobAccount(service, settings.ContainerPrefix);
    }

    private static DefaultAzureCredential Identity(string? clientId) =>
        clientId is null ? new() : new(new DefaultAzureCredentialOptions { ManagedIdentityClientId = clientId });
}
