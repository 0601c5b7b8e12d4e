using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Serverless.Learning.Data;

/// <summary>
/// Counts repeated lines in bounded memory: of the distinct lines, it keeps the <see cref="Capacity"/> with the smallest 64-bit hashes (Bar-Yossef et
/// al., "Counting distinct elements in a data stream", 2002) and how often each came again. Up to that many distinct lines the count is exact, beyond
/// it is an estimate from a uniform sample. The result depends on the lines and their order only.
/// </summary>
internal sealed class DuplicateSketch
{
    /// <summary>The distinct lines kept.</summary>
    public const int Capacity = 2048;

    private const int EntryBytes = 16;

    private readonly Dictionary<ulong, Entry> _entries = [];
    private readonly SortedSet<ulong> _hashes = [];

    /// <summary>An empty sketch, or the one whose <see cref="ToString"/> is given.</summary>
    public DuplicateSketch(string? state = null)
    {
        var bytes = Convert.FromBase64String(state ?? "").AsSpan();
        for (; !bytes.IsEmpty; bytes = bytes[EntryBytes..])
            Keep(
                BinaryPrimitives.ReadUInt64LittleEndian(bytes),
                new Entry(BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]), BinaryPrimitives.ReadInt32LittleEndian(bytes[12..])));
    }

    /// <summary>Takes a line, without its end.</summary>
    public void Add(ReadOnlySpan<byte> line, int number)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(line, digest);
        var hash = BinaryPrimitives.ReadUInt64LittleEndian(digest);
        if (_entries.TryGetValue(hash, out var entry))
            _entries[hash] = entry with { Repeats = entry.Repeats + 1 };
        else if (_entries.Count < Capacity)
            Keep(hash, new Entry(number, 0));
        else if (hash < _hashes.Max)
        {
            _entries.Remove(_hashes.Max);
            _hashes.Remove(_hashes.Max);
            Keep(hash, new Entry(number, 0));
        }
    }

    /// <summary>How many lines repeat an earlier one, and the earliest line known to be repeated; (0, 0) if none is.</summary>
    public (long Repeats, bool IsEstimate, int FirstLine) Count()
    {
        var repeated = _entries.Values.Where(entry => entry.Repeats > 0).ToArray();
        var repeats = repeated.Sum(entry => (long)entry.Repeats);
        var firstLine = repeated.Length == 0 ? 0 : repeated.Min(entry => entry.Line);
        if (_entries.Count < Capacity)
            return (repeats, false, firstLine);
        var share = (_hashes.Max + 1.0) / Math.Pow(2, 64);
        return ((long)Math.Round(repeats / share), true, firstLine);
    }

    /// <summary>The sketch as base64.</summary>
    public override string ToString()
    {
        var bytes = new byte[_entries.Count * EntryBytes];
        var rest = bytes.AsSpan();
        foreach (var hash in _hashes)
        {
            var entry = _entries[hash];
            BinaryPrimitives.WriteUInt64LittleEndian(rest, hash);
            BinaryPrimitives.WriteInt32LittleEndian(rest[8..], entry.Line);
            BinaryPrimitives.WriteInt32LittleEndian(rest[12..], entry.Repeats);
            rest = rest[EntryBytes..];
        }
        return Convert.ToBase64String(bytes);
    }

    private void Keep(ulong hash, Entry entry)
    {
        _entries.Add(hash, entry);
        _hashes.Add(hash);
    }

    private readonly record struct Entry(int Line, int Repeats);
}
