using System.Buffers.Text;
using System.IO.Compression;
using System.Text.Json;

namespace Serverless.Service.Catalog;

/// <summary>
/// A copy of a record in its blob's metadata, so that a page of a list is one call. Metadata are ASCII and end at 8 KB, so the copy is
/// compressed and written in base 64; a record that is too long for that has none, and lists read its blob.
/// </summary>
internal static class RecordMetadata
{
    private const string Key = "record";
    private const int MaxLength = 7000;

    public static Dictionary<string, string> Of(ReadOnlySpan<byte> json)
    {
        using var packed = new MemoryStream();
        using (var compressor = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true)) compressor.Write(json);
        var text = Base64Url.EncodeToString(packed.GetBuffer().AsSpan(0, (int)packed.Length));
        return text.Length <= MaxLength ? new() { [Key] = text } : [];
    }

    /// <summary>The record in <paramref name="metadata"/>, or null when it was too long to be there.</summary>
    public static TRecord? Read<TRecord>(IDictionary<string, string> metadata)
        where TRecord : class
    {
        if (!metadata.TryGetValue(Key, out var text)) return null;
        using var unpacked = new ZLibStream(new MemoryStream(Base64Url.DecodeFromChars(text)), CompressionMode.Decompress);
        return JsonSerializer.Deserialize<TRecord>(unpacked, CatalogJson.Options);
    }
}
