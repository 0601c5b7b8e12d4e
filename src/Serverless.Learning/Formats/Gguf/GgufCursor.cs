using System.Buffers.Binary;
using System.Text;

namespace Serverless.Learning.Formats.Gguf;

/// <summary>
/// Reads GGUF's primitives from a stream, never past its end: lengths are checked against what is left before anything is allocated.
/// </summary>
internal sealed class GgufCursor(Stream stream, string file)
{
    private const int MaxDepth = 4;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly long length = stream.Length;

    public long Position { get; private set; } = stream.Position;

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(stackalloc byte[4]));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Bytes(stackalloc byte[8]));

    /// <summary>A number of things of at least <paramref name="leastBytes"/> each, which the rest of the file can hold.</summary>
    public int Count(string what, int leastBytes)
    {
        var at = Position;
        var count = UInt64();
        if (count > (ulong)Math.Min(int.MaxValue, (length - Position) / leastBytes))
            throw new InputError($"{file}: {what} at byte {at}: {count} reach beyond the end of the file ({length} bytes)");
        return (int)count;
    }

    public string String(string what)
    {
        var at = Position;
        var bytes = new byte[Count(what, 1)];
        Bytes(bytes);
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException fault)
        {
            throw new InputError($"{file}: {what} at byte {at} is not UTF-8", innerException: fault);
        }
    }

    /// <summary>A metadata value as the .NET type of the same width, an array of such, or an array of arrays (<c>object[]</c>).</summary>
    public object Value(string key) => Value(key, UInt32(), depth: 0);

    private object Value(string key, uint type, int depth) => type switch
    {
        0 => UInt8(),
        1 => (sbyte)UInt8(),
        2 => UInt16(),
        3 => (short)UInt16(),
        4 => UInt32(),
        5 => (int)UInt32(),
        6 => BitConverter.UInt32BitsToSingle(UInt32()),
        7 => Boolean(key),
        8 => String($"the string of {Quoted.Name(key)}"),
        9 => Array(key, depth + 1),
        10 => UInt64(),
        11 => (long)UInt64(),
        12 => BitConverter.UInt64BitsToDouble(UInt64()),
        _ => throw new InputError($"{file}, {Quoted.Name(key)}: found value type {type}; allowed: 0 to 12"),
    };

    private object Array(string key, int depth)
    {
        if (depth > MaxDepth)
            throw new InputError($"{file}, {Quoted.Name(key)}: arrays nested deeper than {MaxDepth}");
        var type = UInt32();
        var what = $"the array of {Quoted.Name(key)}";
        return type switch
        {
            0 => Many(what, 1, UInt8),
            1 => Many(what, 1, () => (sbyte)UInt8()),
            2 => Many(what, 2, UInt16),
            3 => Many(what, 2, () => (short)UInt16()),
            4 => Many(what, 4, UInt32),
            5 => Many(what, 4, () => (int)UInt32()),
            6 => Many(what, 4, () => BitConverter.UInt32BitsToSingle(UInt32())),
            7 => Many(what, 1, () => Boolean(key)),
            8 => Many(what, 8, () => String($"a string of {Quoted.Name(key)}")),
            9 => Many(what, 12, () => Array(key, depth + 1)),
            10 => Many(what, 8, UInt64),
            11 => Many(what, 8, () => (long)UInt64()),
            12 => Many(what, 8, () => BitConverter.UInt64BitsToDouble(UInt64())),
            _ => throw new InputError($"{file}, {Quoted.Name(key)}: found an array of value type {type}; allowed: 0 to 12"),
        };
    }

    private T[] Many<T>(string what, int leastBytes, Func<T> read)
    {
        var items = new T[Count(what, leastBytes)];
        for (var i = 0; i < items.Length; i++)
            items[i] = read();
        return items;
    }

    private byte UInt8() => Bytes(stackalloc byte[1])[0];

    private ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Bytes(stackalloc byte[2]));

    private bool Boolean(string key)
    {
        var value = UInt8();
        return value <= 1 ? value == 1 : throw new InputError($"{file}, {Quoted.Name(key)}: found {value} for a boolean; allowed: 0, 1");
    }

    private Span<byte> Bytes(Span<byte> target)
    {
        if (target.Length > length - Position)
            throw new InputError($"{file}: the file ends at byte {length}, inside its header");
        stream.ReadExactly(target);
        Position += target.Length;
        return target;
    }
}
