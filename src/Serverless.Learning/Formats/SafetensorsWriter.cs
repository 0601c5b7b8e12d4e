using System.Buffers;
using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using Serverless.Learning.Native;
using static TorchSharp.torch;

namespace Serverless.Learning.Formats;

/// <summary>
/// Writes safetensors files byte for byte as the reference implementation lays them out: tensors by dtype (widest first), then by name,
/// the header padded with spaces to a multiple of 8. The same tensors give the same bytes in any order. A file appears whole or not at
/// all: it is written beside its place, flushed to disk and renamed.
/// </summary>
public static class SafetensorsWriter
{
    /// <param name="path">The file to write; one that exists is replaced.</param>
    /// <param name="tensors">Names and tensors of any device and layout; they are read one by one and stay the caller's.</param>
    /// <param name="metadata">Strings for <c>__metadata__</c>, sorted by key; transformers asks for <c>format: pt</c>.</param>
    /// <param name="floatDtype">If given, floating-point tensors are converted to it, one at a time, on their way to the file.</param>
    /// <exception cref="ArgumentException">A name occurs twice, is <c>__metadata__</c>, or a dtype has no place in the format.</exception>
    public static void Write(
        string path,
        IEnumerable<KeyValuePair<string, Tensor>> tensors,
        IReadOnlyDictionary<string, string>? metadata = null,
        ScalarType? floatDtype = null) =>
        WritePending(path, tensors.Select(entry => PendingTensor.Of(entry.Key, entry.Value)), metadata, floatDtype);

    /// <inheritdoc cref="Write"/>
    /// <param name="tensors">Made one by one, in the order of the file.</param>
    public static void WritePending(
        string path,
        IEnumerable<PendingTensor> tensors,
        IReadOnlyDictionary<string, string>? metadata = null,
        ScalarType? floatDtype = null)
    {
        NativeRuntime.EnsureLoaded();
        ScalarType StoredDtype(PendingTensor tensor) => floatDtype is { } target && SafetensorsDtype.IsFloat(tensor.Dtype) ? target : tensor.Dtype;

        var ordered = tensors
            .OrderBy(tensor => SafetensorsDtype.RankOf(StoredDtype(tensor)))
            .ThenBy(tensor => tensor.Name, Utf8Order.Instance)
            .ToList();
        var header = Header(ordered, metadata, StoredDtype);

        AtomicFile.Write(path, stream =>
        {
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
            stream.Write(length);
            stream.Write(header);
            foreach (var pending in ordered)
                WriteElements(stream, pending, StoredDtype(pending));
        });
    }

    private static byte[] Header(
        List<PendingTensor> ordered, IReadOnlyDictionary<string, string>? metadata, Func<PendingTensor, ScalarType> storedDtype)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            if (metadata is not null)
            {
                json.WriteStartObject("__metadata__");
                foreach (var (key, value) in metadata.OrderBy(entry => entry.Key, Utf8Order.Instance))
                    json.WriteString(key, value);
                json.WriteEndObject();
            }

            var names = new HashSet<string>(StringComparer.Ordinal) { "__metadata__" };
            var offset = 0L;
            foreach (var tensor in ordered)
            {
                if (!names.Add(tensor.Name))
                    throw new ArgumentException($"tensor {Quoted.Name(tensor.Name)}: the name is taken", nameof(ordered));

                var dtype = storedDtype(tensor);
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", SafetensorsDtype.NameOf(dtype));
                WriteNumbers(json, "shape", tensor.Shape);
                var end = checked(offset + tensor.Count * SafetensorsDtype.SizeOf(dtype));
                WriteNumbers(json, "data_offsets", [offset, end]);
                json.WriteEndObject();
                offset = end;
            }

            json.WriteEndObject();
        }

        var padding = (8 - buffer.WrittenCount % 8) % 8;
        return [.. buffer.WrittenSpan, .. Enumerable.Repeat((byte)' ', padding)];
    }

    private static void WriteNumbers(Utf8JsonWriter json, string field, IEnumerable<long> numbers)
    {
        json.WriteStartArray(field);
        foreach (var number in numbers)
            json.WriteNumberValue(number);
        json.WriteEndArray();
    }

    private static void WriteElements(Stream stream, PendingTensor pending, ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        using var tensor = pending.Make();
        using var detached = tensor.detach();
        using var plain = detached.to(dtype, CPU);
        using var contiguous = plain.contiguous();
        TensorPieces.ForEachPiece(contiguous, (piece, _) => stream.Write(piece));
    }
}
