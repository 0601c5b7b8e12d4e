using System.Text.Json;
using static TorchSharp.torch;

namespace Serverless.Learning.Formats;

/// <summary>
/// The JSON object at the beginning of a safetensors file, checked as the format's description demands
/// (https://github.com/huggingface/safetensors, "Format"): unique keys, known types, and tensors that cover the data part from its
/// first byte to its last without hole or overlap.
/// </summary>
internal sealed class SafetensorsHeader
{
    private const string MetadataKey = "__metadata__";
    private const int MaxDimensions = 64; // what torch takes

    private readonly string file;
    private readonly Dictionary<string, SafetensorsTensor> tensors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> metadata = new(StringComparer.Ordinal);

    private SafetensorsHeader(string file) => this.file = file;

    public IReadOnlyDictionary<string, SafetensorsTensor> Tensors => tensors;

    public IReadOnlyDictionary<string, string> Metadata => metadata;

    /// <param name="json">The header's bytes without the length in front.</param>
    /// <param name="dataStart">Where the data part begins, in bytes from the beginning of the file.</param>
    /// <param name="dataLength">Bytes from there to the end of the file.</param>
    /// <param name="file">The file's name for messages.</param>
    /// <exception cref="InputError">The header breaks a rule of the format.</exception>
    public static SafetensorsHeader Parse(ReadOnlySpan<byte> json, long dataStart, long dataLength, string file)
    {
        if (json.IsEmpty || json[0] != (byte)'{')
            throw new InputError($"{file}: the header does not begin with '{{'; allowed: one JSON object");

        var header = new SafetensorsHeader(file);
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 8 });
            header.ReadObject(ref reader, dataStart);
        }
        catch (JsonException fault)
        {
            throw new InputError($"{file}: the header is not JSON: {fault.Message}", innerException: fault);
        }
        catch (InvalidOperationException fault)
        {
            // What Utf8JsonReader throws for strings that are not UTF-8 or that hold half a surrogate pair.
            throw new InputError($"{file}: the header holds a string that is not UTF-8", innerException: fault);
        }

        header.CheckLayout(dataStart, dataLength);
        return header;
    }

    private void ReadObject(ref Utf8JsonReader reader, long dataStart)
    {
        reader.Read();
        var seenMetadata = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            if (name == MetadataKey)
            {
                if (seenMetadata)
                    throw new InputError($"{file}: {MetadataKey} occurs twice");
                seenMetadata = true;
                ReadMetadata(ref reader);
            }
            else if (!tensors.TryAdd(name, ReadTensor(ref reader, name, dataStart)))
            {
                throw Fault(name, "the name occurs twice");
            }
        }

        reader.Read(); // anything but white space after the object throws
    }

    private void ReadMetadata(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new InputError($"{file}, {MetadataKey}: found {Describe(ref reader)}; allowed: an object of strings");

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
                throw new InputError($"{file}, {MetadataKey}, {Quoted.Name(key)}: found {Describe(ref reader)}; allowed: a string");
            if (!metadata.TryAdd(key, reader.GetString()!))
                throw new InputError($"{file}, {MetadataKey}, {Quoted.Name(key)}: the key occurs twice");
        }
    }

    private SafetensorsTensor ReadTensor(ref Utf8JsonReader reader, string name, long dataStart)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Fault(name, $"found {Describe(ref reader)}; allowed: an object with dtype, shape and data_offsets");

        ScalarType? dtype = null;
        long[]? shape = null, offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = reader.GetString()!;
            var repeated = field switch
            {
                "dtype" => dtype is not null,
                "shape" => shape is not null,
                "data_offsets" => offsets is not null,
                _ => throw Fault(name, $"found the field {Quoted.Name(field)}; allowed: dtype, shape, data_offsets"),
            };
            if (repeated)
                throw Fault(name, $"the field {field} occurs twice");
            reader.Read();
            if (field == "dtype")
                dtype = ReadDtype(ref reader, name);
            else if (field == "shape")
                shape = ReadNumbers(ref reader, name, field, MaxDimensions);
            else
                offsets = ReadNumbers(ref reader, name, field, 2);
        }

        if (dtype is null || shape is null || offsets is null)
            throw Fault(name, $"no {(dtype is null ? "dtype" : shape is null ? "shape" : "data_offsets")}");
        if (offsets.Length != 2 || offsets[0] > offsets[1])
            throw Fault(name, $"data_offsets: found {Quoted.Shape(offsets)}; allowed: [begin, end] with begin <= end");
        return Described(name, dtype.Value, shape, offsets[0], offsets[1], dataStart);
    }

    private SafetensorsTensor Described(string name, ScalarType dtype, long[] shape, long begin, long end, long dataStart)
    {
        Int128 bytes = SafetensorsDtype.SizeOf(dtype), bound = bytes;
        foreach (var size in shape)
        {
            bytes *= size;
            bound *= Math.Max(size, 1); // torch computes strides over empty dimensions too
            if (bound > long.MaxValue)
                throw Fault(name, $"shape: {Quoted.Shape(shape)} of {SafetensorsDtype.NameOf(dtype)} is larger than any file");
        }

        if (bytes != end - begin)
            throw Fault(name, $"shape {Quoted.Shape(shape)} of {SafetensorsDtype.NameOf(dtype)} needs {bytes} bytes; data_offsets [{begin}, {end}] span {end - begin}");
        if (begin > long.MaxValue - dataStart)
            throw Fault(name, $"data_offsets: {begin} lies beyond the end of the file");
        return new SafetensorsTensor(name, dtype, shape, dataStart + begin, end - begin);
    }

    private ScalarType ReadDtype(ref Utf8JsonReader reader, string name)
    {
        if (reader.TokenType == JsonTokenType.String && SafetensorsDtype.TryParse(reader.GetString()!, out var dtype))
            return dtype;
        throw Fault(name, $"dtype: found {Describe(ref reader)}; allowed: {SafetensorsDtype.Allowed}");
    }

    private long[] ReadNumbers(ref Utf8JsonReader reader, string name, string field, int maxCount)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw Fault(name, $"{field}: found {Describe(ref reader)}; allowed: a list of whole numbers from 0");

        var numbers = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var number) || number < 0)
                throw Fault(name, $"{field}: found {Describe(ref reader)}; allowed: a list of whole numbers from 0");
            if (numbers.Count == maxCount)
                throw Fault(name, $"{field}: more than {maxCount} numbers");
            numbers.Add(number);
        }

        return [.. numbers];
    }

    private void CheckLayout(long dataStart, long dataLength)
    {
        var position = 0L;
        string? previous = null;
        foreach (var tensor in tensors.Values.OrderBy(tensor => tensor.Offset).ThenBy(tensor => tensor.Length))
        {
            var begin = tensor.Offset - dataStart;
            if (begin != position)
            {
                var expected = previous is null ? "0, the beginning of the data" : $"{position}, the end of tensor {Quoted.Name(previous)}";
                throw Fault(tensor.Name, $"data_offsets: begins at {begin}; expected {expected}");
            }

            if (tensor.Length > dataLength - begin)
                throw Fault(tensor.Name, $"data_offsets: ends at {(Int128)begin + tensor.Length}, but the file holds {dataLength} bytes of data");
            position += tensor.Length;
            previous = tensor.Name;
        }

        if (position != dataLength)
            throw new InputError($"{file}: {dataLength - position} bytes follow the last tensor; allowed: none");
    }

    private InputError Fault(string tensor, string finding) => new($"{file}, tensor {Quoted.Name(tensor)}: {finding}");

    private static string Describe(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => Quoted.Name(reader.GetString()!),
        JsonTokenType.Number => Quoted.Cut(System.Text.Encoding.UTF8.GetString(reader.ValueSpan)),
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.True => "true",
        JsonTokenType.False => "false",
        JsonTokenType.Null => "null",
        var other => other.ToString(),
    };
}
