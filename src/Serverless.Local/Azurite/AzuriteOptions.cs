namespace Serverless.Local.Azurite;

/// <summary>Where the storage emulator listens, keeps its data and is installed.</summary>
public sealed record AzuriteOptions
{
    /// <summary>The port of the blob service that <c>UseDevelopmentStorage=true</c> means.</summary>
    public const int UsualPort = 10000;

    /// <summary>The folder of the blobs; it survives restarts and also holds the pid file and the emulator's own log.</summary>
    public required string DataFolder { get; init; }

    /// <summary>The blob service's port on the loopback address.</summary>
    public int Port { get; init; } = UsualPort;

    /// <summary>Whether to take the place of the head whose emulator is used, when that head ends: what runs for longer than a command does.</summary>
    public bool TakesOver { get; init; }

    /// <summary>The emulator is installed below this folder, once per version.</summary>
    public string CacheFolder { get; init; } = UserCache();

    /// <summary>Takes lines that a person in front of the console should see.</summary>
    public Action<string> Say { get; init; } = _ => { };

    private static string UserCache()
    {
        if (Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache) return Path.Combine(cache, "serverless");
        if (OperatingSystem.IsWindows())
            return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "serverless");
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return home.Length > 0 ? Path.Combine(home, ".cache", "serverless") : Path.Combine(Path.GetTempPath(), "serverless");
    }
}
