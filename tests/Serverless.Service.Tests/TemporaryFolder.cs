namespace Serverless.Service.Tests;

/// <summary>A folder of one test, removed with it.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder(params (string Name, byte[] Content)[] files)
    {
        Path = Directory.CreateTempSubdirectory("serverless-test-").FullName;
        foreach (var (name, content) in files)
        {
            var file = System.IO.Path.Combine(Path, name);
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(file)!);
            File.WriteAllBytes(file, content);
        }
    }

    public string Path { get; }

    /// <summary>Where <paramref name="name"/> lies in it.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Name and content of every file, sorted by name.</summary>
    public static IEnumerable<(string Name, string Content)> Contents(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(file => (System.IO.Path.GetRelativePath(folder, file), Convert.ToHexString(File.ReadAllBytes(file))))
            .OrderBy(file => file.Item1, StringComparer.Ordinal);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
