using System.IO.Compression;
using Serverless.Learning;

namespace Serverless.Service.Models.Adding;

/// <summary>
/// The files of a zip archive from unknown hands. What the archive states about itself is bounded before anything is unpacked, and what is
/// unpacked is held against what was stated.
/// </summary>
public sealed class ArchiveFiles : IModelFiles, IAsyncDisposable
{
    /// <summary>The most entries of an archive, files and folders; models of hundreds of billions of parameters have some 200 files.</summary>
    public const int MaxEntries = 2000;

    /// <summary>The most bytes of the list of entries, which is read before they can be counted: 2,000 bytes for each.</summary>
    public const int MaxListBytes = 4_000_000;

    /// <summary>The most bytes of all files, however large the archive is.</summary>
    public const long MaxBytes = 200_000_000_000;

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
        // What the archive states about the length of its list is not relied on: as much is read as may be, and no more.
        var bounded = new BoundedReads(content, MaxListBytes, () => new InputError($"{name}: the list of its files takes more than {MaxListBytes} bytes; allowed: at most as many"));
        try
        {
            archive = await ZipArchive.CreateAsync(bounded, ZipArchiveMode.Read, leaveOpen: false, entryNameEncoding: null, ct);
            var entries = archive.Entries;
            bounded.Lift();
            if (entries.Count > MaxEntries)
                throw new InputError($"{name}: found {entries.Count} files and folders; allowed: at most {MaxEntries}");
            // Entries whose names end in a slash are folders.
            var files = entries.Where(entry => !entry.FullName.EndsWith('/')).ToList();
            Check(name, content.Length, files);
            return new ArchiveFiles(name, archive, files);
        }
        catch (Exception fault)
        {
            if (archive is not null) await archive.DisposeAsync();
            else await bounded.DisposeAsync();
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
        var faults = new List<string>();
        foreach (var entry in files)
        {
            // Zero is an archive that was not made on Unix.
            if (((entry.ExternalAttributes >> 16) & KindMask) is not (0 or Regular))
                faults.Add($"{name}: {AddedName.Shown(entry.FullName)} is a link or a device; allowed: plain files");
            if (entry.IsEncrypted)
                faults.Add($"{name}: {AddedName.Shown(entry.FullName)} is encrypted; allowed: plain files");
        }

        var bytes = files.Aggregate(Int128.Zero, (sum, entry) => sum + entry.Length);
        if (bytes > MaxBytes)
            faults.Add($"{name}: its files are said to have {bytes} bytes; allowed: at most {MaxBytes}");
        if (bytes > (Int128)archiveBytes * MaxExpansion)
            faults.Add($"{name}: its files are said to have {bytes} bytes, the archive has {archiveBytes}; allowed: at most {MaxExpansion} times as many");
        if (faults.Count > 0)
            throw new InputError(string.Join('\n', faults));
    }

    private InputError Damaged(string entry, string finding) => new($"{Name}: {AddedName.Shown(entry)} cannot be unpacked: {finding}");
}
