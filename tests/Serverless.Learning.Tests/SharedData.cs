namespace Serverless.Learning.Tests;

/// <summary>Finds the public data that some tests use when it is at hand: never committed, never required.</summary>
internal static class SharedData
{
    /// <summary>A folder below shared/data, or null: SERVERLESS_SHARED_DATA names shared/data, else the folders above the tests are searched.</summary>
    public static string? Folder(string name)
    {
        var root = Environment.GetEnvironmentVariable("SERVERLESS_SHARED_DATA") ?? Climb();
        return root is not null && Directory.Exists(Path.Combine(root, name)) ? Path.Combine(root, name) : null;
    }

    private static string? Climb()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (Path.Combine(folder.FullName, "shared", "data") is var data && Directory.Exists(data))
                return data;
        return null;
    }
}
