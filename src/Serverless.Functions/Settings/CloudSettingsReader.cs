using Microsoft.Extensions.Configuration;
using Serverless.Api.Settings;
using Serverless.Learning;
using Serverless.Service.Storage;

namespace Serverless.Functions.Settings;

/// <summary>Reads and checks <see cref="CloudSettings"/>.</summary>
internal static class CloudSettingsReader
{
    /// <summary>The Functions host's name for its storage account, where the task hub and the notes about drops are kept.</summary>
    private const string HostStorage = "AzureWebJobsStorage";

    /// <param name="file">The configuration of appsettings.json.</param>
    /// <param name="environment">The process's variables, among them all app settings.</param>
    /// <exception cref="InputError">Names every setting at fault, where it was found and what is allowed.</exception>
    public static CloudSettings Read(IConfiguration file, IReadOnlyDictionary<string, string> environment)
    {
        var reader = SettingsReader.Of<CloudSettings>(file, environment, new Dictionary<string, string?>());
        var host = HostAccount(environment);
        var defaults = new CloudSettings
        {
            Storage = host.AccountUrl?.ToString() ?? host.ConnectionString ?? StorageSettings.DevelopmentStorage,
            Data = Path.Combine(Path.GetTempPath(), "serverless"),
        };
        var settings = reader.Shared(defaults) with
        {
            TrainingSlots = reader.Whole(nameof(CloudSettings.TrainingSlots), defaults.TrainingSlots, 1, 1000),
        };
        settings = settings with { StorageAccount = host };
        if (settings.Keys.IsEmpty && environment.GetValueOrDefault("AZURE_FUNCTIONS_ENVIRONMENT") != "Development")
            reader.Fault("Keys: found none; an app that everyone can reach needs at least one");
        reader.Check(host);
        if (settings.Storage != defaults.Storage)
            CheckIsHosts(settings, host, reader);
        reader.ThrowIfFaulty();
        return settings;
    }

    private static StorageSettings HostAccount(IReadOnlyDictionary<string, string> environment)
    {
        if (environment.GetValueOrDefault(HostStorage) is { Length: > 0 } connection)
            return new() { ConnectionString = connection };
        var url = environment.GetValueOrDefault($"{HostStorage}__blobServiceUri")
            ?? (environment.GetValueOrDefault($"{HostStorage}__accountName") is { } name ? $"https://{name}.blob.core.windows.net" : null);
        return new()
        {
            AccountUrl = Uri.TryCreate(url, UriKind.Absolute, out var address) ? address : null,
            IdentityClientId = environment.GetValueOrDefault($"{HostStorage}__clientId"),
        };
    }

    /// <summary>Drops are noticed and workflows kept in the host's account, so another one would split the service.</summary>
    private static void CheckIsHosts(CloudSettings settings, StorageSettings host, SettingsReader reader)
    {
        var given = new StorageSettings
        {
            AccountUrl = settings.StorageUrl,
            ConnectionString = settings.StorageUrl is null ? settings.Storage : null,
        };
        reader.Check(given);
        reader.ThrowIfFaulty();
        if (given.BlobEndpoint.Authority != host.BlobEndpoint.Authority)
            reader.Fault($"Storage: found {given.BlobEndpoint}; allowed: the account of {HostStorage}, {host.BlobEndpoint}; leave it out to use that");
    }
}
