using Azure.Storage.Blobs;
using Serverless.Learning;

namespace Serverless.Service.Storage;

/// <summary>Which storage account to use: a connection string, or an account's address with a managed identity.</summary>
public sealed record StorageSettings
{
    /// <summary>The connection string of Azurite at its usual ports.</summary>
    public const string DevelopmentStorage = "UseDevelopmentStorage=true";

    /// <summary>A connection string; <see cref="DevelopmentStorage"/> when neither is given.</summary>
    public string? ConnectionString { get; init; }

    /// <summary>The blob address of an account, such as <c>https://name.blob.core.windows.net</c>, opened with the identity at hand.</summary>
    public Uri? AccountUrl { get; init; }

    /// <summary>The client id of the user-assigned identity that opens <see cref="AccountUrl"/>; null: the identity at hand.</summary>
    public string? IdentityClientId { get; init; }

    /// <summary>Stands before every container's name.</summary>
    public string ContainerPrefix { get; init; } = "";

    /// <summary>Whether these settings mean Azurite at its usual ports, which the embedded head starts by itself.</summary>
    public bool IsDevelopmentStorage =>
        AccountUrl is null && (ConnectionString is null || ConnectionString.Trim().TrimEnd(';') == DevelopmentStorage);

    /// <summary>The address of the account's blob service. The settings are valid.</summary>
    public Uri BlobEndpoint => AccountUrl ?? new BlobServiceClient(ConnectionString ?? DevelopmentStorage).Uri;

    /// <summary>The connection string of an Azurite whose blob service listens on <paramref name="port"/> of this machine.</summary>
    /// <remarks>Name and key are the ones that every Azurite has and that Azurite's documentation prints.</remarks>
    public static string DevelopmentStorageAt(int port) =>
        "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;"
        + "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;"
        + $"BlobEndpoint=http://127.0.0.1:{port}/devstoreaccount1;";

    /// <summary>Checks the settings without calling the account; names every fault.</summary>
    public void Validate()
    {
        var faults = new List<string>();
        if (ConnectionString is not null && AccountUrl is not null)
            faults.Add("storage: found a connection string and an account URL; allowed: one of them");
        if (AccountUrl is { } url && !(url.IsAbsoluteUri && url.Scheme is "https" or "http"))
            faults.Add($"storage account URL: found '{url}'; allowed: an address such as https://name.blob.core.windows.net");
        if (ConnectionString is { } text && !CanBeRead(text))
            faults.Add("storage connection string: found one that Azure Storage cannot read; allowed: the one that the Azure portal shows "
                + $"under 'Access keys', or {DevelopmentStorage}");
        if (ContainerPrefix.Length > 40 || ContainerPrefix.Any(c => !char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '-'))
            faults.Add($"storage container prefix: found '{ContainerPrefix}'; allowed: at most 40 lower-case letters, digits and hyphens");
        if (faults.Count > 0) throw new InputError(string.Join("\n", faults));
    }

    private static bool CanBeRead(string connectionString)
    {
        try
        {
            return new BlobServiceClient(connectionString).Uri is not null;
        }
        catch (Exception fault) when (fault is FormatException or ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }
}
