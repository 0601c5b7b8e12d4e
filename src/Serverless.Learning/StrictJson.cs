using System.Text;
using System.Text.Json;
using Serverless.Learning.Data;

namespace Serverless.Learning;

/// <summary>
/// JSON from unknown hands. .NET's parser looks into strings only when they are read, and then throws an exception of another kind where one is not UTF-8 or holds half of
/// a surrogate pair (RFC 8259, section 8.2, leaves what to do open); here such a text is refused as a whole, so that every string of a document can be read.
/// </summary>
public static class StrictJson
{
    /// <summary>The document, which the caller disposes.</summary>
    /// <exception cref="JsonException">The bytes are not JSON, or one of its strings is not Unicode; the message says where.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> json, JsonDocumentOptions options = default)
    {
        var invalid = Utf8Text.IndexOfInvalidByte(json.Span);
        if (invalid >= 0)
            throw Fault(json.Span, invalid, $"0x{json.Span[invalid]:X2}, which is not UTF-8");
        var document = JsonDocument.Parse(json, options);
        var surrogate = Utf8Text.IndexOfUnpairedSurrogate(json.Span);
        if (surrogate < 0)
            return document;
        document.Dispose();
        throw Fault(json.Span, surrogate, $"{Encoding.ASCII.GetString(json.Span.Slice(surrogate, 6))}, half of a surrogate pair");
    }

    /// <inheritdoc cref="Parse(ReadOnlyMemory{byte}, JsonDocumentOptions)"/>
    public static JsonDocument Parse(string json, JsonDocumentOptions options = default) => Parse(Encoding.UTF8.GetBytes(json), options);

    private static JsonException Fault(ReadOnlySpan<byte> json, int index, string found)
    {
        var before = json[..index];
        var (line, byteInLine) = (before.Count((byte)'\n'), index - 1 - before.LastIndexOf((byte)'\n'));
        return new JsonException($"found {found}. LineNumber: {line} | BytePositionInLine: {byteInLine}.", path: null, line, byteInLine);
    }
}
