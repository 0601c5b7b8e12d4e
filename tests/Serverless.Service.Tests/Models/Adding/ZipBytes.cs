using System.IO.Compression;
using Serverless.Service.Models.Adding;

namespace Serverless.Service.Tests.Models.Adding;

/// <summary>Zip archives of tests.</summary>
internal static class ZipBytes
{
    /// <summary>An archive of a folder's files below <paramref name="root"/>, and of further entries.</summary>
    public static byte[] Of(string? folder, string root = "", params (string Name, byte[] Content)[] more)
    {
        using var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var path in folder is null ? Array.Empty<string>() : [.. Directory.GetFiles(folder).Order(StringComparer.Ordinal)])
                Write(archive.CreateEntry(root + Path.GetFileName(path)), File.ReadAllBytes(path));
            foreach (var (name, content) in more)
                Write(archive.CreateEntry(name), content);
        }
        return bytes.ToArray();
    }

    /// <summary>An archive of one entry that is not compressed, made by <paramref name="change"/> into something else.</summary>
    public static byte[] Single(string name, byte[] content, Action<ZipArchiveEntry> change)
    {
        using var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            var entry = archive.CreateEntry(name, CompressionLevel.NoCompression);
            change(entry);
            Write(entry, content);
        }
        return bytes.ToArray();
    }

    public static Task<ArchiveFiles> OpenAsync(byte[] bytes, string name = "m.zip") => ArchiveFiles.OpenAsync(new MemoryStream(bytes), name, default);

    private static void Write(ZipArchiveEntry entry, byte[] content)
    {
        using var stream = entry.Open();
        stream.Write(content);
    }
}
