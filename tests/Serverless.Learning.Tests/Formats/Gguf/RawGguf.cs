using System.Text;

namespace Serverless.Learning.Tests.Formats.Gguf;

/// <summary>
/// The header of a GGUF file read by its specification (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md) and nothing of the product's:
/// the key-value pairs with the numbers of their types, and the names and offsets of tensors.
/// </summary>
internal sealed class RawGguf
{
    // gguf_metadata_value_type
    public const uint OfUInt32 = 4, OfInt32 = 5, OfFloat32 = 6, OfBool = 7, OfText = 8, OfArray = 9;

    public Dictionary<string, (uint Type, object Value)> Pairs { get; } = [];

    public Dictionary<string, (ulong[] Dimensions, uint Type, ulong Offset)> Tensors { get; } = [];

    /// <summary>The bytes before the tensors' elements, padding left out.</summary>
    public long HeaderBytes { get; private set; }

    public static RawGguf Read(string path)
    {
        using var stream = File.OpenRead(path);
        using var input = new BinaryReader(stream, Encoding.UTF8);
        Assert.Equal("GGUF"u8.ToArray(), input.ReadBytes(4));
        Assert.Equal(3u, input.ReadUInt32());
        var (tensors, pairs) = (input.ReadUInt64(), input.ReadUInt64());
        var file = new RawGguf();
        for (var i = 0ul; i < pairs; i++)
        {
            var key = String(input);
            var type = input.ReadUInt32();
            file.Pairs.Add(key, (type, Value(input, type)));
        }

        for (var i = 0ul; i < tensors; i++)
        {
            var name = String(input);
            var dimensions = new ulong[input.ReadUInt32()];
            for (var at = 0; at < dimensions.Length; at++) dimensions[at] = input.ReadUInt64();
            file.Tensors.Add(name, (dimensions, input.ReadUInt32(), input.ReadUInt64()));
        }

        file.HeaderBytes = stream.Position;
        return file;
    }

    private static object Value(BinaryReader input, uint type)
    {
        switch (type)
        {
            case OfUInt32: return input.ReadUInt32();
            case OfInt32: return input.ReadInt32();
            case OfFloat32: return input.ReadSingle();
            case OfBool: return input.ReadByte() == 1;
            case OfText: return String(input);
            case OfArray:
                var of = input.ReadUInt32();
                var items = new object[input.ReadUInt64()];
                for (var i = 0; i < items.Length; i++) items[i] = Value(input, of);
                return items;
            default: throw new InvalidDataException($"value type {type}");
        }
    }

    private static string String(BinaryReader input) => Encoding.UTF8.GetString(input.ReadBytes((int)input.ReadUInt64()));
}
