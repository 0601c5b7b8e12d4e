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

    /// <summary>An archive of a list alone, with ends of both sizes (APPNOTE.TXT, 4.3.12 to 4.3.16).</summary>
    /// <param name="entries">How many there are.</param>
    /// <param name="stated">How many the ends say there are.</param>
    /// <param name="name">Of each entry; a slash is a folder.</param>
    /// <param name="bytes">The size that each states for its content.</param>
    public static byte[] OfList(int entries, int stated, char name, uint bytes)
    {
        using var archive = new MemoryStream();
        using var writer = new BinaryWriter(archive);
        for (var i = 0; i < entries; i++)
        {
            writer.Write("PK\u0001\u0002"u8);
            // Made by and needs version 2.0, flags, method, time and date, CRC-32, compressed size.
            writer.Write([20, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            writer.Write(bytes);
            // The name's length, then those of extra field and comment, disk, attributes and the offset of the content.
            writer.Write([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            writer.Write((byte)name);
        }
        var end = archive.Position;
        writer.Write("PK\u0006\u0006"u8);
        writer.Write(44L);
        writer.Write([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        foreach (var number in (long[])[stated, stated, end, 0])
            writer.Write(number);
        writer.Write("PK\u0006\u0007"u8);
        writer.Write(0);
        writer.Write(end);
        writer.Write(1);
        writer.Write("PK\u0005\u0006"u8);
        writer.Write([0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0]);
        return archive.ToArray();
    }

    public static Task<ArchiveFiles> OpenAsync(byte[] bytes, string name = "m.zip") => ArchiveFiles.OpenAsync(new MemoryStream(bytes), name, default);

    private static void Write(ZipArchiveEntry entry, byte[] content)
    {
        using var stream = entry.Open();
        stream.Write(content);
    }
}
