using Serverless.Service.Storage;

namespace Serverless.Tests.Heads;

/// <summary>A folder and a storage that one head after the other is started on, with the tiny model as the base <c>tiny</c>.</summary>
internal sealed class HeadPlace : IDisposable
{
    /// <summary>The base model's name.</summary>
    public const string Model = "tiny";

    private HeadPlace(Dictionary<string, object> storage)
    {
        Folder = Directory.CreateTempSubdirectory("serverless-head-").FullName;
        TinyModel.Write(Path.Combine(Folder, "models", Model));
        Variables = new Dictionary<string, object>(storage)
        {
            ["SERVERLESS_DATA"] = Path.Combine(Folder, "data"),
            ["SERVERLESS_MODELS"] = Path.Combine(Folder, "models"),
            // The bits depend on the number of threads, and one makes tests on a shared machine steady.
            ["SERVERLESS_THREADS"] = 1,
            ["SERVERLESS_DROP_SECONDS"] = 0.3,
            ["SERVERLESS_CHECKPOINT_SECONDS"] = 1,
        };
    }

    public string Folder { get; }

    /// <summary>The settings, as variables.</summary>
    public Dictionary<string, object> Variables { get; }

    /// <summary>A command line that starts the program given behind it, such as <c>nice</c>; the program has to take the place of its process.</summary>
    public string[] Launcher { get; set; } = [];

    /// <summary>On a storage that somebody else runs.</summary>
    public static HeadPlace On(string connectionString, string? prefix = null)
    {
        var storage = new Dictionary<string, object> { ["SERVERLESS_STORAGE"] = connectionString };
        if (prefix is not null)
            storage.Add("SERVERLESS_STORAGE_PREFIX", prefix);
        return new(storage);
    }

    /// <summary>On an Azurite of the head's own, at a port.</summary>
    public static HeadPlace WithOwnAzurite(int port) =>
        new(new() { ["SERVERLESS_STORAGE"] = StorageSettings.DevelopmentStorage, ["SERVERLESS_AZURITE_PORT"] = port });

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
