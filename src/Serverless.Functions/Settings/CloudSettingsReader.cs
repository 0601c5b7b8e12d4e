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

    /// <summary>How an app setting begins that stands for a secret; the platform hands it on as it is where it cannot read the secret.</summary>
    private const string VaultReference = "@Microsoft.KeyVault(";

    /// <param name="file">The configuration of appsettings.json.</param>
    /// <param name="environment">The process's variables, among them all app settings.</param>
    /// <exception cref="InputError">Names every setting at fault, where it was found and what is allowed.</exception>
    public static CloudSettings Read(IConfiguration file, IReadOnlyDictionary<string, string> environment)
    {
        var unresolved = environment.Where(IsUnresolved).Select(variable => variable.Key).Order(StringComparer.Ordinal).ToList();
        var reader = SettingsReader.Of<CloudSettings>(
            file, environment.Where(variable => !IsUnresolved(variable)).ToDictionary(), new Dictionary<string, string?>());
        foreach (var name in unresolved)
        {
            reader.Fault(
                $"{name}: found a reference to a Key Vault that the platform has not resolved, not the secret; "
                + "see that the app's identity may read it and that it exists, then restart the app");
        }
        var host = HostAccount(environment, reader);
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
        if (settings.Keys.IsEmpty && !unresolved.Contains("SERVERLESS_KEYS") && environment.GetValueOrDefault("AZURE_FUNCTIONS_ENVIRONMENT") != "Development")
            reader.Fault("Keys: found none; an app that everyone can reach needs at least one");
        reader.Check(host);
        if (settings.Storage != defaults.Storage)
            CheckIsHosts(settings, host, reader);
        reader.ThrowIfFaulty();
        return settings;
    }

    private static bool IsUnresolved(KeyValuePair<string, string> variable) =>
        variable.Key.StartsWith("SERVERLESS_", StringComparison.Ordinal) && variable.Value.StartsWith(VaultReference, StringComparison.OrdinalIgnoreCase);

    private static StorageSettings HostAccount(IReadOnlyDictionary<string, string> environment, SettingsReader reader)
    {
        if (environment.GetValueOrDefault(HostStorage) is { Length: > 0 } connection)
            return new() { ConnectionString = connection };
        if (environment.GetValueOrDefault($"{HostStorage}__blobServiceUri") is { Length: > 0 } url)
            return Account("__blobServiceUri", url, url, "an address such as https://name.blob.core.windows.net");
        if (environment.GetValueOrDefault($"{HostStorage}__accountName") is { Length: > 0 } name)
            return Account("__accountName", name, $"https://{name}.blob.core.windows.net", "the name of a storage account");
        reader.Fault(
            $"{HostStorage}: found nothing; allowed: a connection string, or {HostStorage}__accountName or {HostStorage}__blobServiceUri of an account "
            + $"that the app's identity may open; {StorageSettings.DevelopmentStorage} for Azurite");
        return new();

        StorageSettings Account(string part, string found, string address, string allowed)
        {
            if (!Uri.TryCreate(address, UriKind.Absolute, out var account))
                reader.Fault($"{HostStorage}{part}: found \"{found}\"; allowed: {allowed}");
            return new() { AccountUrl = account, IdentityClientId = environment.GetValueOrDefault($"{HostStorage}__clientId") };
        }
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
