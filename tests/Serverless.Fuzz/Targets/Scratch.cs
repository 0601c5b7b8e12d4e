namespace Serverless.Fuzz.Targets;

/// <summary>Inputs of parsers that read files.</summary>
internal static class Scratch
{
    private static readonly string Folder = Directory.CreateTempSubdirectory("serverless-fuzz-").FullName;

    static Scratch() => AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(Folder, recursive: true);

    /// <summary>Writes a file into a folder of this thread's own, and returns its path.</summary>
    public static string Write(string name, byte[] content)
    {
        var folder = Path.Combine(Folder, Environment.CurrentManagedThreadId.ToString(System.Globalization.CultureInfo.InvariantCulture), Path.GetFileNameWithoutExtension(name));
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, name);
        File.WriteAllBytes(path, content);
        return path;
    }
}
