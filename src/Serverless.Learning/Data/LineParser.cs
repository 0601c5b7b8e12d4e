using System.Text.Json;
using Serverless.Learning.Text;

namespace Serverless.Learning.Data;

/// <summary>Parses the lines of a data set into examples; every fault is listed with its line and field.</summary>
internal abstract class LineParser(string fileName, FaultList faults)
{
    /// <summary>The messages of a conversation: each turn that is learned is compared with the conversation up to it, so that what encoding takes grows with their square.</summary>
    public const int MostMessages = 1024;

    private const int MaxDepth = 64;

    private static readonly byte[] ByteOrderMark = [0xEF, 0xBB, 0xBF];

    protected string FileName => fileName;

    protected FaultList Faults => faults;

    /// <summary>Whether there is nothing on a line: no example, and no fault either.</summary>
    public static bool IsBlank(ReadOnlySpan<byte> line, int number) => WithoutMark(line, number).Trim(" \t"u8).IsEmpty;

    /// <summary>The example on a line, or null if it has faults, which are then listed.</summary>
    public virtual DatasetExample? Parse(ReadOnlyMemory<byte> line, int number)
    {
        var bytes = line[(line.Length - WithoutMark(line.Span, number).Length)..];
        var before = faults.Count;
        using var document = ParseJson(bytes, number);
        if (document is null)
            return null;
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            faults.Add($"{fileName} line {number}: found {JsonPlace.Describe(document.RootElement)}; allowed: one JSON object per line");
            return null;
        }
        var example = ParseExample(new JsonPlace($"{fileName} line {number}", "", faults), document.RootElement, number);
        return faults.Count == before ? example : null;
    }

    private JsonDocument? ParseJson(ReadOnlyMemory<byte> line, int number)
    {
        var bytes = line.Span;
        var invalid = Utf8Text.IndexOfInvalidByte(bytes);
        if (invalid >= 0)
        {
            faults.Add($"{fileName} line {number}, byte {invalid + 1}: found 0x{bytes[invalid]:X2}, which is not UTF-8; allowed: text saved as UTF-8");
            return null;
        }
        try
        {
            var document = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = MaxDepth });
            var surrogate = Utf8Text.IndexOfUnpairedSurrogate(bytes);
            if (surrogate < 0)
                return document;
            document.Dispose();
            faults.Add($"{fileName} line {number}, character {Utf8Text.CharacterNumber(bytes, surrogate)}: found {Escape(bytes, surrogate)}, "
                + "half of a surrogate pair; allowed: Unicode characters");
        }
        catch (JsonException error)
        {
            var index = (int)(error.BytePositionInLine ?? 0);
            var place = $"{fileName} line {number}, character {Utf8Text.CharacterNumber(bytes, index)}";
            faults.Add(IsJsonBeyond(bytes, index)
                ? $"{place}: found JSON nested deeper than {MaxDepth} levels; allowed: {MaxDepth} levels"
                : $"{place}: found {Utf8Text.CharacterAt(bytes, index)}, which is not JSON there; allowed: one JSON object per line");
        }
        return null;
    }

    /// <summary>What is wrong with a file as a whole that was read to its end, or null.</summary>
    /// <param name="filled">How many lines were not blank.</param>
    public virtual string? FileFault(int filled)
    {
        if (filled == 0)
            return $"{fileName}: found no line with an example; allowed: {ChatDatasetReader.MinExamples} examples or more, one JSON object per line";
        return filled < ChatDatasetReader.MinExamples
            ? $"{fileName}: found {filled} {(filled == 1 ? "example" : "examples")}; allowed: {ChatDatasetReader.MinExamples} or more"
            : null;
    }

    /// <summary>The example that a line's object is, or null if it has faults, which are then listed.</summary>
    protected abstract DatasetExample? ParseExample(JsonPlace root, JsonElement line, int number);

    /// <summary>The messages of an array at a place, or null if there are none or they have faults, which are then listed.</summary>
    protected static IReadOnlyList<ChatMessage>? ParseMessages(JsonPlace place, JsonElement list)
    {
        if (list.GetArrayLength() == 0)
        {
            place.Fault("found an empty array; allowed: at least one message");
            return null;
        }
        if (list.GetArrayLength() > MostMessages)
        {
            place.Fault(FormattableString.Invariant($"found {list.GetArrayLength():N0} messages; allowed: at most {MostMessages:N0}"));
            return null;
        }
        var messages = list.EnumerateArray().Select((message, i) => ChatMessageParser.Parse(place.At(i), message)).ToArray();
        return messages.Any(message => message is null) ? null : [.. messages.OfType<ChatMessage>()];
    }

    /// <summary>A line without the byte order mark that the first one may have.</summary>
    public static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> line, int number) =>
        number == 1 && line.StartsWith(ByteOrderMark) ? line[ByteOrderMark.Length..] : line;

    private static string Escape(ReadOnlySpan<byte> json, int index) => System.Text.Encoding.ASCII.GetString(json.Slice(index, 6));

    /// <summary>Whether the bytes would still be JSON after an index if depth had no limit.</summary>
    private static bool IsJsonBeyond(ReadOnlySpan<byte> json, int index)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = int.MaxValue });
        try
        {
            while (reader.BytesConsumed <= index)
                if (!reader.Read())
                    return false;
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
