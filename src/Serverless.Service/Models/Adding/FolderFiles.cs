using Serverless.Learning;

namespace Serverless.Service.Models.Adding;

/// <summary>The files of a folder on this machine, not those of its sub-folders. Links are followed: a hub's cache consists of them.</summary>
public sealed class FolderFiles : IModelFiles
{
    private readonly string _folder;

    /// <exception cref="InputError">There is no such folder.</exception>
    public FolderFiles(string folder)
    {
        if (!Directory.Exists(folder))
            throw new InputError($"{folder}: no such folder");
        _folder = folder;
        Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        // A link's own length is that of its target's name.
        Files = [.. Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).Select(path => new ModelFile(Path.GetFileName(path), LengthOf(path)))];
    }

    public string Name { get; }

    public IReadOnlyList<ModelFile> Files { get; }

    public Task<Stream> OpenAsync(ModelFile file, CancellationToken ct) => Task.FromResult<Stream>(File.OpenRead(Path.Combine(_folder, file.Path)));

    private static long LengthOf(string path)
    {
        using var file = File.OpenRead(path);
        return file.Length;
    }
}
