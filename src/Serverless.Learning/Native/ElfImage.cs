using System.Buffers.Binary;
using System.Text;

namespace Serverless.Learning.Native;

/// <summary>
/// The dynamic section of a 64-bit little-endian ELF shared object, as far as symbol versions need it: the string table, the
/// symbol table with its version indices, and the versions that the file needs from other libraries. System V ABI, chapter 5, and
/// "ELF Symbol Versioning" (Drepper). Every read is bounds-checked; a malformed file throws <see cref="InvalidDataException"/>.
/// </summary>
internal sealed class ElfImage
{
    private const int SymbolBytes = 24;
    private const long TagStringTable = 5, TagSymbolTable = 6, TagStringTableSize = 10, TagVersionSymbols = 0x6ffffff0,
        TagVersionNeeds = 0x6ffffffe, TagVersionNeedsCount = 0x6fffffff;

    private readonly byte[] bytes;
    private readonly List<(ulong Address, ulong Offset, ulong Size)> segments = [];
    private readonly Dictionary<long, ulong> dynamic = [];

    /// <param name="bytes">The whole file; kept, not copied.</param>
    public ElfImage(byte[] bytes)
    {
        this.bytes = bytes;
        if (bytes.Length < 64 || !bytes.AsSpan(0, 4).SequenceEqual("\u007fELF"u8) || bytes[4] != 2 || bytes[5] != 1)
            throw new InvalidDataException("not a 64-bit little-endian ELF file");
        if (UInt16(18) != 62) throw new InvalidDataException("not a file for x86-64");
        ReadSegments();
        StringTable = (int)OffsetOf(Dynamic(TagStringTable, "string table"));
        StringTableEnd = StringTable + (int)Dynamic(TagStringTableSize, "string table size");
        if (StringTable < 0 || StringTableEnd < StringTable || StringTableEnd > bytes.Length)
            throw new InvalidDataException("string table beyond the end of the file");
    }

    /// <summary>File offset of the dynamic string table, and the offset behind it.</summary>
    public int StringTable { get; }

    /// <inheritdoc cref="StringTable"/>
    public int StringTableEnd { get; }

    /// <summary>The versions needed from other libraries: file offset of the entry, version index, offset of the name.</summary>
    public IEnumerable<(int Entry, ushort Index, int Name)> NeededVersions()
    {
        var need = (int)OffsetOf(Dynamic(TagVersionNeeds, "version needs"));
        var count = (int)Dynamic(TagVersionNeedsCount, "version needs count");
        for (var library = 0; library < count; library++)
        {
            var entries = UInt16(need + 2);
            var entry = need + (int)UInt32(need + 8);
            for (var i = 0; i < entries; i++)
            {
                yield return (entry, UInt16(entry + 6), NameAt(UInt32(entry + 8)));
                entry += (int)UInt32(entry + 12);
            }
            need += (int)UInt32(need + 12);
        }
    }

    /// <summary>The dynamic symbols: version index (without the hidden bit), offset of the name, whether it is an import.</summary>
    public IEnumerable<(ushort Version, int Name, bool Imported)> Symbols()
    {
        var symbols = (int)OffsetOf(Dynamic(TagSymbolTable, "symbol table"));
        var versions = (int)OffsetOf(Dynamic(TagVersionSymbols, "symbol versions"));
        // No tag holds the count. Linkers put the string table right behind the symbols, and each symbol names a place inside it.
        for (var (i, at) = (0, symbols); at + SymbolBytes <= StringTable; i++, at += SymbolBytes)
            yield return ((ushort)(UInt16(versions + 2 * i) & 0x7fff), NameAt(UInt32(at)), UInt16(at + 6) == 0);
    }

    /// <summary>The zero-terminated string at a file offset inside the string table.</summary>
    public string StringAt(int offset)
    {
        var length = bytes.AsSpan(offset, StringTableEnd - offset).IndexOf((byte)0);
        if (length < 0) throw new InvalidDataException("unterminated string in the string table");
        return Encoding.ASCII.GetString(bytes, offset, length);
    }

    /// <summary>The hash that the loader compares version names by (System V ABI, figure 5-13).</summary>
    public static uint Hash(string name)
    {
        uint hash = 0;
        foreach (var c in name)
        {
            hash = (hash << 4) + c;
            var high = hash & 0xf0000000;
            hash = (hash ^ (high >> 24)) & ~high;
        }
        return hash;
    }

    private void ReadSegments()
    {
        const int load = 1, dynamicSection = 2;
        var (table, size, count) = ((int)UInt64(32), UInt16(54), UInt16(56));
        (ulong Offset, ulong Size)? section = null;
        for (var at = table; at < table + size * count; at += size)
        {
            if (UInt32(at) == load) segments.Add((UInt64(at + 16), UInt64(at + 8), UInt64(at + 32)));
            if (UInt32(at) == dynamicSection) section = (UInt64(at + 8), UInt64(at + 32));
        }
        if (section is not { } found) throw new InvalidDataException("no dynamic section");
        for (var at = (int)found.Offset; at < (int)(found.Offset + found.Size) && UInt64(at) != 0; at += 16)
            dynamic.TryAdd((long)UInt64(at), UInt64(at + 8));
    }

    private ulong Dynamic(long tag, string name) =>
        dynamic.TryGetValue(tag, out var value) ? value : throw new InvalidDataException($"no {name} in the dynamic section");

    private ulong OffsetOf(ulong address)
    {
        foreach (var (start, offset, size) in segments)
        {
            if (address >= start && address - start < size) return address - start + offset;
        }
        throw new InvalidDataException($"address {address:x} in no segment of the file");
    }

    private int NameAt(uint index) => index < StringTableEnd - StringTable
        ? StringTable + (int)index
        : throw new InvalidDataException("a name beyond the string table");

    private ushort UInt16(int at) => BinaryPrimitives.ReadUInt16LittleEndian(Slice(at, 2));

    private uint UInt32(int at) => BinaryPrimitives.ReadUInt32LittleEndian(Slice(at, 4));

    private ulong UInt64(int at) => BinaryPrimitives.ReadUInt64LittleEndian(Slice(at, 8));

    private ReadOnlySpan<byte> Slice(int at, int length) => at >= 0 && at <= bytes.Length - length
        ? bytes.AsSpan(at, length)
        : throw new InvalidDataException("a table beyond the end of the file");
}
