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

    /// <summary>Stands before every container's name.</summary>
    public string ContainerPrefix { get; init; } = "";
}
