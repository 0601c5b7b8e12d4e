using System.Collections.Immutable;
using Serverless.Local.Azurite;
using Serverless.Service.Storage;

namespace Serverless.Local.Settings;

/// <summary>
/// What can be set about the one-machine head. Each name can be given in the section <c>Serverless</c> of appsettings.json, as a
/// variable <c>SERVERLESS_NAME</c> (<c>SERVERLESS_CHUNK_SECONDS</c> for <see cref="ChunkSeconds"/>), and some as an option of the
/// command line; a later one of these three wins.
/// </summary>
public sealed record LocalSettings
{
    /// <summary>Where API and dashboard are served.</summary>
    public Uri Url { get; init; } = new("http://127.0.0.1:7071");

    /// <summary>The folder for Azurite's data, caches and scratch files.</summary>
    public string Data { get; init; } = "data";

    /// <summary>A connection string, the URL of a storage account (opened with the machine's identity), or the development storage.</summary>
    public string Storage { get; init; } = StorageSettings.DevelopmentStorage;

    /// <summary>Stands before the name of every container, so that several deployments can share an account.</summary>
    public string StoragePrefix { get; init; } = "";

    /// <summary>The port of this machine that Azurite, the development storage, answers at.</summary>
    public int AzuritePort { get; init; } = AzuriteOptions.UsualPort;

    /// <summary>A folder of Hugging Face model folders; each becomes a base model of its folder's name at start.</summary>
    public string Models { get; init; } = "models";

    /// <summary>Processor threads for tensors; 0: as many as there are.</summary>
    public int Threads { get; init; }

    /// <summary>Keys that open the API; none: everyone who reaches the address.</summary>
    public ImmutableArray<string> Keys { get; init; } = [];

    /// <summary>Host names besides localhost by which the service may be addressed.</summary>
    public ImmutableArray<string> AllowedHosts { get; init; } = [];

    /// <summary>Origins of foreign pages that may call the API.</summary>
    public ImmutableArray<string> AllowedOrigins { get; init; } = [];

    /// <summary>How long an activity, such as one chunk of training, lasts before it commits and returns, in seconds.</summary>
    public double ChunkSeconds { get; init; } = 240;

    /// <summary>The time between two checkpoints within a chunk, in seconds: what a killed process loses at most.</summary>
    public double CheckpointSeconds { get; init; } = 60;

    /// <summary>The time between two looks for new files into the container <c>datasets</c>, in seconds.</summary>
    public double DropSeconds { get; init; } = 2;

    /// <summary>Whether <see cref="Storage"/> means Azurite on this machine, started by the head if need be.</summary>
    internal bool UsesAzurite => Storage == StorageSettings.DevelopmentStorage;

    /// <summary>The storage account that these settings mean.</summary>
    internal StorageSettings StorageAccount => new()
    {
        ConnectionString = UsesAzurite ? StorageSettings.DevelopmentStorageAt(AzuritePort) : AccountUrl is null ? Storage : null,
        AccountUrl = AccountUrl,
        ContainerPrefix = StoragePrefix,
    };

    private Uri? AccountUrl => Storage.StartsWith("https://", StringComparison.OrdinalIgnoreCase) ? new Uri(Storage) : null;
}
