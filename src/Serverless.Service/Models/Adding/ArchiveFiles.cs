using System.IO.Compression;
using Serverless.Learning;

namespace Serverless.Service.Models.Adding;

/// <summary>
/// The files of a zip archive from unknown hands. What the archive states about itself is bounded before anything is unpacked, and what is
/// unpacked is held against what was stated.
/// </summary>
public sealed class ArchiveFiles : IModelFiles, IAsyncDisposable
{
    /// <summary>The most entries of an archive; models of hundreds of billions of parameters have some 200 files.</summary>
    public const int MaxEntries = 2000;

    /// <summary>
    /// How many times larger the files may be than the archive. Weights hardly shrink and text does so about fivefold, while a bomb grows a
    /// thousandfold.
    /// </summary>
    public const int MaxExpansion = 100;

    // Kinds of files in the upper half of the attributes, where the archive was made on Unix (stat.h: S_IFMT, S_IFREG).
    private const int KindMask = 0xF000, Regular = 0x8000;

    private readonly ZipArchive _archive;
    private readonly Dictionary<ModelFile, ZipArchiveEntry> _entries;

    private ArchiveFiles(string name, ZipArchive archive, List<ZipArchiveEntry> entries)
    {
        (Name, _archive) = (name, archive);
        // By reference: a name may stand in an archive twice, which is refused later.
        _entries = new(ReferenceEqualityComparer.Instance);
        foreach (var entry in entries)
            _entries.Add(new ModelFile(entry.FullName, entry.Length), entry);
        Files = [.. _entries.Keys];
    }

    public string Name { get; }

    public IReadOnlyList<ModelFile> Files { get; }

    /// <summary>Reads the list of entries.</summary>
    /// <param name="content">The archive, which can seek; it is disposed with this.</param>
    /// <param name="name">How messages call it.</param>
    /// <exception cref="InputError">It is no zip archive, or holds what has no place in one with a model; all of it is listed.</exception>
    public static async Task<ArchiveFiles> OpenAsync(Stream content, string name, CancellationToken ct)
    {
        ZipArchive? archive = null;
        try
        {
            archive = await ZipArchive.CreateAsync(content, ZipArchiveMode.Read, leaveOpen: false, entryNameEncoding: null, ct);
            // Entries whose names end in a slash are folders.
            var files = archive.Entries.Where(entry => !entry.FullName.EndsWith('/')).ToList();
            Check(name, content.Length, files);
            return new ArchiveFiles(name, archive, files);
        }
        catch (Exception fault)
        {
            if (archive is not null) await archive.DisposeAsync();
            else await content.DisposeAsync();
            if (fault is InvalidDataException)
                throw new InputError($"{name}: found no zip archive that can be read ({fault.Message})", innerException: fault);
            throw;
        }
    }

    public async Task<Stream> OpenAsync(ModelFile file, CancellationToken ct)
    {
        var entry = _entries[file];
        try
        {
            return new ArchiveEntryStream(await entry.OpenAsync(ct), entry.Length, entry.Crc32, finding => Damaged(entry.FullName, finding));
        }
        catch (Exception fault) when (fault is InvalidDataException or NotSupportedException)
        {
            throw Damaged(entry.FullName, fault.Message);
        }
    }

    public ValueTask DisposeAsync() => _archive.DisposeAsync();

    private static void Check(string name, long archiveBytes, List<ZipArchiveEntry> files)
    {
        if (files.Count > MaxEntries)
            throw new InputError($"{name}: found {files.Count} files; allowed: at most {MaxEntries}");
        var faults = new List<string>();
        foreach (var entry in files)
        {
            // Zero is an archive that was not made on Unix.
            if (((entry.ExternalAttributes >> 16) & KindMask) is not (0 or Regular))
                faults.Add($"{name}: {AddedName.Shown(entry.FullName)} is a link or a device; allowed: plain files");
            if (entry.IsEncrypted)
                faults.Add($"{name}: {AddedName.Shown(entry.FullName)} is encrypted; allowed: plain files");
        }

        if (files.Aggregate(Int128.Zero, (sum, entry) => sum + entry.Length) is var bytes && bytes > (Int128)archiveBytes * MaxExpansion)
            faults.Add($"{name}: its files are said to have {bytes} bytes, the archive has {archiveBytes}; allowed: at most {MaxExpansion} times as many");
        if (faults.Count > 0)
            throw new InputError(string.Join('\n', faults));
    }

    private InputError Damaged(string entry, string finding) => new($"{Name}: {AddedName.Shown(entry)} cannot be unpacked: {finding}");
}
