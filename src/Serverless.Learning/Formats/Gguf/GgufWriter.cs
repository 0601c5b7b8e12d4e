using System.Text;

namespace Serverless.Learning.Formats.Gguf;

/// <summary>
/// Writes GGUF files of version 3, little-endian: header, key-value pairs, descriptions of the tensors, then their elements, each tensor
/// padded to 32 bytes. The same input gives the same bytes; a file appears whole or not at all.
/// </summary>
internal static class GgufWriter
{
    private const uint Version = 3;

    /// <param name="metadata">In the order in which they are written; values of the types that <see cref="GgufFile.Metadata"/> lists.</param>
    /// <exception cref="InputError">A weight is not finite or too large for its type.</exception>
    public static void Write(string path, IReadOnlyList<KeyValuePair<string, object>> metadata, IReadOnlyList<GgufSource> tensors) =>
        AtomicFile.Write(path, stream =>
        {
            var header = Header(metadata, tensors);
            stream.Write(header);
            Pad(stream, header.Length);
            foreach (var tensor in tensors)
            {
                WriteElements(stream, tensor);
                Pad(stream, tensor.Bytes);
            }
        });

    private static byte[] Header(IReadOnlyList<KeyValuePair<string, object>> metadata, IReadOnlyList<GgufSource> tensors)
    {
        using var buffer = new MemoryStream();
        using var output = new BinaryWriter(buffer);
        output.Write(GgufFile.Magic);
        output.Write(Version);
        output.Write((ulong)tensors.Count);
        output.Write((ulong)metadata.Count);
        foreach (var (key, value) in metadata)
        {
            WriteString(output, key);
            output.Write(ValueType(value.GetType()));
            WriteValue(output, value);
        }

        var offset = 0L;
        foreach (var tensor in tensors)
        {
            WriteString(output, tensor.Name);
            output.Write((uint)tensor.Shape.Count);
            foreach (var size in tensor.Shape.Reverse()) // innermost first
                output.Write((ulong)size);
            output.Write((uint)tensor.Type);
            output.Write((ulong)offset);
            offset += Padded(tensor.Bytes);
        }

        return buffer.ToArray();
    }

    /// <summary>The number of <c>gguf_metadata_value_type</c>.</summary>
    private static uint ValueType(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.Byte => 0,
        TypeCode.SByte => 1,
        TypeCode.UInt16 => 2,
        TypeCode.Int16 => 3,
        TypeCode.UInt32 => 4,
        TypeCode.Int32 => 5,
        TypeCode.Single => 6,
        TypeCode.Boolean => 7,
        TypeCode.String => 8,
        TypeCode.UInt64 => 10,
        TypeCode.Int64 => 11,
        TypeCode.Double => 12,
        _ when type.IsArray => 9,
        _ => throw new ArgumentException($"{type} is not a type of GGUF's metadata", nameof(type)),
    };

    private static void WriteValue(BinaryWriter output, object value)
    {
        switch (value)
        {
            case byte number: output.Write(number); break;
            case sbyte number: output.Write(number); break;
            case ushort number: output.Write(number); break;
            case short number: output.Write(number); break;
            case uint number: output.Write(number); break;
            case int number: output.Write(number); break;
            case float number: output.Write(number); break;
            case bool flag: output.Write(flag); break;
            case string text: WriteString(output, text); break;
            case ulong number: output.Write(number); break;
            case long number: output.Write(number); break;
            case double number: output.Write(number); break;
            case Array items:
                output.Write(ValueType(items.GetType().GetElementType()!));
                output.Write((ulong)items.LongLength);
                foreach (var item in items)
                    WriteValue(output, item);
                break;
        }
    }

    private static void WriteString(BinaryWriter output, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        output.Write((ulong)bytes.Length);
        output.Write(bytes);
    }

    private static void WriteElements(Stream stream, GgufSource tensor)
    {
        var largest = GgufBlocks.LargestOf(tensor.Type);
        byte[] stored = [];
        tensor.ForEachPiece((values, _) =>
        {
            foreach (var value in values)
            {
                if (!(MathF.Abs(value) <= largest)) // also true for NaN
                    throw new InputError($"tensor {tensor.Name}: found {value}; {tensor.Type} holds numbers up to {largest}");
            }

            var bytes = values.Length / GgufBlocks.ElementsOf(tensor.Type) * GgufBlocks.BytesOf(tensor.Type);
            if (stored.Length != bytes)
                stored = new byte[bytes];
            GgufBlocks.Encode(tensor.Type, values, stored);
            stream.Write(stored);
        });
    }

    private static long Padded(long length) => (length + GgufFile.DefaultAlignment - 1) / GgufFile.DefaultAlignment * GgufFile.DefaultAlignment;

    private static void Pad(Stream stream, long length) => stream.Write(new byte[Padded(length) - length]);
}
