using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using Serverless.Learning.Native;
using static TorchSharp.torch;

namespace Serverless.Learning.Formats;

/// <summary>
/// A safetensors file (https://github.com/huggingface/safetensors), memory-mapped: 8 bytes of header length N (little-endian), N bytes of
/// JSON, then the tensors' elements. Opening checks the whole header against the file's length, so that no read leaves the file; the
/// elements themselves are not looked at. Reads may run concurrently.
/// </summary>
public sealed class SafetensorsFile : IDisposable
{
    private const int LengthBytes = 8;
    private const long MaxHeaderBytes = 100_000_000; // the reference implementation's bound

    private readonly MemoryMappedFile mapping;
    private readonly SafetensorsHeader header;

    private SafetensorsFile(MemoryMappedFile mapping, SafetensorsHeader header)
    {
        this.mapping = mapping;
        this.header = header;
    }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, SafetensorsTensor> Tensors => header.Tensors;

    /// <summary>The header's <c>__metadata__</c>; empty if it has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata => header.Metadata;

    /// <exception cref="InputError">There is no such file, or it breaks a rule of the format; names the file, the tensor and the finding.</exception>
    public static SafetensorsFile Open(string path)
    {
        var name = Path.GetFileName(path);
        FileStream stream;
        try
        {
            stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputError($"{name}: no such file in {Path.GetDirectoryName(Path.GetFullPath(path))}", innerException: fault);
        }

        try
        {
            var header = ReadHeader(stream, name);
            var mapping = MemoryMappedFile.CreateFromFile(
                stream, mapName: null, capacity: 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
            return new SafetensorsFile(mapping, header);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Copies one tensor's elements out of the file.</summary>
    /// <returns>A new CPU tensor in the file's dtype and shape, owned by the caller.</returns>
    /// <exception cref="KeyNotFoundException">The file has no tensor of that name.</exception>
    public unsafe Tensor Read(string name)
    {
        NativeRuntime.EnsureLoaded();
        var description = Tensors[name];
        var tensor = empty([.. description.Shape], dtype: description.Dtype, device: CPU);
        if (description.Length == 0)
            return tensor;

        using var view = mapping.CreateViewAccessor(description.Offset, description.Length, MemoryMappedFileAccess.Read);
        var handle = view.SafeMemoryMappedViewHandle;
        byte* start = null;
        try
        {
            handle.AcquirePointer(ref start);
            var elements = start + view.PointerOffset; // a view begins at a page's border
            TensorPieces.ForEachPiece(tensor, (piece, offset) => new ReadOnlySpan<byte>(elements + offset, piece.Length).CopyTo(piece));
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
        finally
        {
            if (start is not null)
                handle.ReleasePointer();
        }

        return tensor;
    }

    /// <summary>
    /// One tensor over the pages of the file itself. The system reads them when they are first touched, has them once for all who map the file, and may
    /// drop them at any time. The tensor stays valid when this is disposed and when the file is deleted, but not when the file is written to.
    /// </summary>
    /// <returns>
    /// A CPU tensor in the file's dtype and shape that must not be written to, owned by the caller. Null where only <see cref="Read"/> will do: it has no
    /// elements, they lie where processors cannot read them as such, or the system, Windows, would not let a file go that somebody maps.
    /// </returns>
    /// <exception cref="KeyNotFoundException">The file has no tensor of that name.</exception>
    public unsafe Tensor? Map(string name)
    {
        NativeRuntime.EnsureLoaded();
        var description = Tensors[name];
        if (OperatingSystem.IsWindows() || description.Length == 0 || description.Offset % SafetensorsDtype.SizeOf(description.Dtype) != 0)
            return null;
        var pages = new MappedPages(mapping.CreateViewAccessor(description.Offset, description.Length, MemoryMappedFileAccess.Read));
        return ForeignMemory.Over(pages.Start, description.Shape, description.Dtype, pages);
    }

    /// <summary>Releases the mapping. Tensors that were read or mapped stay valid.</summary>
    public void Dispose() => mapping.Dispose();

    /// <summary>A part of the file that is mapped for as long as this is not disposed.</summary>
    private sealed unsafe class MappedPages : IDisposable
    {
        private readonly MemoryMappedViewAccessor view;

        public MappedPages(MemoryMappedViewAccessor view)
        {
            this.view = view;
            byte* start = null;
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
            Start = start + view.PointerOffset; // a view begins at a page's border
            Glibc.ReadAhead(start, (nuint)(view.PointerOffset + view.Capacity));
        }

        /// <summary>The part's first byte.</summary>
        public byte* Start { get; }

        public void Dispose()
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
            view.Dispose();
        }
    }

    private static SafetensorsHeader ReadHeader(FileStream stream, string name)
    {
        var fileLength = stream.Length;
        if (fileLength < LengthBytes)
            throw new InputError($"{name}: found {fileLength} bytes; a safetensors file begins with 8 bytes of header length");

        Span<byte> lengthBytes = stackalloc byte[LengthBytes];
        stream.ReadExactly(lengthBytes);
        var headerLength = BinaryPrimitives.ReadUInt64LittleEndian(lengthBytes);
        if (headerLength > MaxHeaderBytes)
            throw new InputError($"{name}: header length {headerLength}; allowed: at most {MaxHeaderBytes} bytes");
        if ((long)headerLength > fileLength - LengthBytes)
            throw new InputError($"{name}: header length {headerLength} reaches beyond the end of the file ({fileLength} bytes)");

        var json = new byte[headerLength];
        stream.ReadExactly(json);
        var dataStart = LengthBytes + (long)headerLength;
        return SafetensorsHeader.Parse(json, dataStart, fileLength - dataStart, name);
    }
}
