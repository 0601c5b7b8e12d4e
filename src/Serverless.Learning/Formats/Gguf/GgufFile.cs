using System.IO.MemoryMappedFiles;
using Serverless.Learning.Native;
using static TorchSharp.torch;

namespace Serverless.Learning.Formats.Gguf;

/// <summary>
/// A GGUF file of version 2 or 3, little-endian (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md), memory-mapped. Opening checks
/// the whole header against the file's length, so that no read leaves the file. Reads may run concurrently.
/// </summary>
public sealed class GgufFile : IDisposable
{
    internal const uint Magic = 0x46554747; // "GGUF"
    internal const string AlignmentKey = "general.alignment";
    internal const uint DefaultAlignment = 32;

    private const int MaxDimensions = 4; // GGML_MAX_DIMS
    private const int PieceElements = 1 << 24; // a multiple of every block

    private readonly MemoryMappedFile mapping;

    private GgufFile(MemoryMappedFile mapping, Dictionary<string, object> metadata, Dictionary<string, GgufTensor> tensors)
    {
        this.mapping = mapping;
        Metadata = metadata;
        Tensors = tensors;
    }

    /// <summary>
    /// The key-value pairs. A value is the .NET number type of the same width, a <c>bool</c>, a <c>string</c>, or an array of one of these.
    /// </summary>
    public IReadOnlyDictionary<string, object> Metadata { get; }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, GgufTensor> Tensors { get; }

    /// <exception cref="InputError">There is no such file, or it breaks a rule of the format, or holds types other than <see cref="GgufType"/>'s.</exception>
    public static GgufFile Open(string path)
    {
        var name = Path.GetFileName(path);
        if (!File.Exists(path))
            throw new InputError($"{name}: no such file in {Path.GetDirectoryName(Path.GetFullPath(path))}");
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 16);
        try
        {
            var (metadata, tensors) = ReadHeader(stream, name);
            var mapping = MemoryMappedFile.CreateFromFile(
                stream, mapName: null, capacity: 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
            return new GgufFile(mapping, metadata, tensors);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Decodes one tensor.</summary>
    /// <returns>A new CPU tensor of type Float32 in torch's shape, owned by the caller.</returns>
    /// <exception cref="KeyNotFoundException">The file has no tensor of that name.</exception>
    public Tensor Read(string name)
    {
        NativeRuntime.EnsureLoaded();
        var description = Tensors[name];
        var tensor = empty([.. description.Shape], dtype: ScalarType.Float32, device: CPU);
        try
        {
            TensorPieces.ForEachPiece(
                tensor,
                (piece, offset) => ReadElements(description, offset / sizeof(float), System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(piece)),
                pieceBytes: (long)PieceElements * sizeof(float));
            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    public void Dispose() => mapping.Dispose();

    /// <summary>Decodes elements of a tensor; <paramref name="first"/> and the count are multiples of the type's block.</summary>
    internal unsafe void ReadElements(GgufTensor tensor, long first, Span<float> values)
    {
        int elements = GgufBlocks.ElementsOf(tensor.Type), bytes = GgufBlocks.BytesOf(tensor.Type);
        var length = (int)((long)values.Length / elements * bytes);
        if (length == 0)
            return;

        using var view = mapping.CreateViewAccessor(tensor.Offset + first / elements * bytes, length, MemoryMappedFileAccess.Read);
        var handle = view.SafeMemoryMappedViewHandle;
        byte* start = null;
        try
        {
            handle.AcquirePointer(ref start);
            GgufBlocks.Decode(tensor.Type, new ReadOnlySpan<byte>(start + view.PointerOffset, length), values);
        }
        finally
        {
            if (start is not null)
                handle.ReleasePointer();
        }
    }

    private static (Dictionary<string, object> Metadata, Dictionary<string, GgufTensor> Tensors) ReadHeader(FileStream stream, string file)
    {
        var cursor = new GgufCursor(stream, file);
        if (stream.Length < 4 || cursor.UInt32() != Magic)
            throw new InputError($"{file}: does not begin with \"GGUF\"");
        if (cursor.UInt32() is var version and not (2 or 3))
            throw new InputError($"{file}: version {version}; allowed: 2, 3 (little-endian)");

        var tensorCount = cursor.Count("the number of tensors", 24);
        var keyCount = cursor.Count("the number of keys", 13);
        var metadata = new Dictionary<string, object>(StringComparer.Ordinal);
        for (var i = 0; i < keyCount; i++)
        {
            var key = cursor.String("a key");
            if (!metadata.TryAdd(key, cursor.Value(key)))
                throw new InputError($"{file}, {Quoted.Name(key)}: the key occurs twice");
        }

        var alignment = metadata.GetValueOrDefault(AlignmentKey, DefaultAlignment) is uint found && found > 0 && found % 8 == 0
            ? found
            : throw new InputError($"{file}, {AlignmentKey}: found {metadata[AlignmentKey]}; allowed: a multiple of 8 as uint32");
        return (metadata, ReadTensors(cursor, tensorCount, alignment, stream.Length, file));
    }

    private static Dictionary<string, GgufTensor> ReadTensors(GgufCursor cursor, int count, uint alignment, long fileLength, string file)
    {
        var tensors = new Dictionary<string, GgufTensor>(StringComparer.Ordinal);
        for (var i = 0; i < count; i++)
        {
            var tensor = ReadTensor(cursor, alignment, file);
            if (!tensors.TryAdd(tensor.Name, tensor))
                throw new InputError($"{file}, tensor {Quoted.Name(tensor.Name)}: the name occurs twice");
        }

        // Offsets count from the first aligned byte after the header, which is known only now.
        var dataStart = (cursor.Position + alignment - 1) / alignment * alignment;
        var end = 0L;
        foreach (var tensor in tensors.Values.OrderBy(tensor => tensor.Offset).ThenBy(tensor => tensor.Length).ToList())
        {
            if (tensor.Offset < end)
                throw new InputError($"{file}, tensor {Quoted.Name(tensor.Name)}: begins at {tensor.Offset}, inside another tensor");
            if (tensor.Length > fileLength - dataStart - tensor.Offset)
                throw new InputError($"{file}, tensor {Quoted.Name(tensor.Name)}: {tensor.Length} bytes at {tensor.Offset} reach beyond the end of the file");
            end = tensor.Offset + tensor.Length;
            tensors[tensor.Name] = tensor with { Offset = dataStart + tensor.Offset };
        }

        return tensors;
    }

    private static GgufTensor ReadTensor(GgufCursor cursor, uint alignment, string file)
    {
        var name = cursor.String("a tensor's name");
        var dimensions = cursor.UInt32();
        if (dimensions > MaxDimensions)
            throw new InputError($"{file}, tensor {Quoted.Name(name)}: {dimensions} dimensions; allowed: at most {MaxDimensions}");

        var shape = new long[dimensions];
        Int128 elements = 1;
        for (var i = shape.Length - 1; i >= 0; i--) // the file names the innermost dimension first
        {
            var size = cursor.UInt64();
            elements *= Math.Max(size, 1);
            if (size > long.MaxValue || elements > long.MaxValue / 8)
                throw new InputError($"{file}, tensor {Quoted.Name(name)}: larger than any file");
            shape[i] = (long)size;
        }

        var type = (GgufType)cursor.UInt32();
        if (!Enum.IsDefined(type))
            throw new InputError($"{file}, tensor {Quoted.Name(name)}: found type {(uint)type}; allowed: {string.Join(", ", Enum.GetValues<GgufType>())}");
        var row = shape.Length == 0 ? 1 : shape[^1];
        if (row % GgufBlocks.ElementsOf(type) != 0)
            throw new InputError($"{file}, tensor {Quoted.Name(name)}: rows of {row} elements; {type} allows multiples of {GgufBlocks.ElementsOf(type)}");

        var offset = cursor.UInt64();
        if (offset > long.MaxValue / 2 || offset % alignment != 0)
            throw new InputError($"{file}, tensor {Quoted.Name(name)}: found offset {offset}; allowed: multiples of {alignment} inside the file");
        var count = shape.Aggregate(1L, (product, size) => product * size);
        return new GgufTensor(name, type, shape, (long)offset, count / GgufBlocks.ElementsOf(type) * GgufBlocks.BytesOf(type));
    }
}
