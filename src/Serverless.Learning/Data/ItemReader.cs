using System.Text.Json;

namespace Serverless.Learning.Data;

/// <summary>Reads a JSONL file as the items that graders see: one object per line, whatever its keys. Blank lines are ignored.</summary>
public static class ItemReader
{
    private const int MaxDepth = 64;

    /// <summary>The objects with their lines, counted from 1, in the order of the file.</summary>
    /// <param name="stream">The file from its beginning; it stays open.</param>
    /// <param name="fileName">The name that faults give.</param>
    /// <exception cref="InputError">A line is no JSON object. Thrown when the reading comes to it.</exception>
    public static IEnumerable<(int Line, JsonElement Item)> Read(Stream stream, string fileName)
    {
        var lines = new Utf8LineReader(stream, offset: 0);
        for (var number = 1; lines.Read(); number++)
        {
            if (lines.LineIsTooLong)
                throw new InputError(DatasetReader.TooLong(fileName, number));
            if (!ChatLineParser.IsBlank(lines.Line.Span, number))
                yield return (number, Parse(lines.Line, $"{fileName} line {number}"));
        }
    }

    private static JsonElement Parse(ReadOnlyMemory<byte> line, string place)
    {
        JsonDocument document;
        try
        {
            document = StrictJson.Parse(line, new JsonDocumentOptions { MaxDepth = MaxDepth });
        }
        catch (JsonException error)
        {
            throw new InputError($"{place}, byte {error.BytePositionInLine + 1}: found something that is not JSON; allowed: one JSON object per line", innerException: error);
        }
        using (document)
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement.Clone()
                : throw new InputError($"{place}: found {JsonPlace.Describe(document.RootElement)}; allowed: one JSON object per line");
    }
}
