using Serverless.Api.Settings;
using Serverless.Local.Azurite;
using Serverless.Service.Storage;

namespace Serverless.Local.Settings;

/// <summary>
/// What can be set about the one-machine head. Besides the file and the variables, some can be given as an option of the command line,
/// which wins. <see cref="ServiceSettings.Data"/> holds Azurite's storage too.
/// </summary>
public sealed record LocalSettings : ServiceSettings
{
    /// <summary>Where API and dashboard are served.</summary>
    public Uri Url { get; init; } = new("http://127.0.0.1:7071");

    /// <summary>Stands before the name of every container, so that several deployments can share an account.</summary>
    public string StoragePrefix { get; init; } = "";

    /// <summary>The port of this machine that Azurite, the development storage, answers at.</summary>
    public int AzuritePort { get; init; } = AzuriteOptions.UsualPort;

    /// <summary>The time between two looks for what people put into the containers <c>datasets</c> and <c>models</c>, in seconds.</summary>
    public double DropSeconds { get; init; } = 2;

    /// <summary>Whether <see cref="ServiceSettings.Storage"/> means Azurite on this machine, started by the head if need be.</summary>
    internal bool UsesAzurite => Storage == StorageSettings.DevelopmentStorage;

    /// <summary>The storage account that these settings mean.</summary>
    internal StorageSettings StorageAccount => new()
    {
        ConnectionString = UsesAzurite ? StorageSettings.DevelopmentStorageAt(AzuritePort) : StorageUrl is null ? Storage : null,
        AccountUrl = StorageUrl,
        ContainerPrefix = StoragePrefix,
    };
}
