using System.Text.Json;

namespace Serverless.Learning.Data;

/// <summary>Parses the lines of a chat data set into examples; every fault is listed with its line and field.</summary>
internal sealed class ChatLineParser(string fileName, FaultList faults)
{
    private const int MaxDepth = 64;

    private static readonly byte[] ByteOrderMark = [0xEF, 0xBB, 0xBF];

    /// <summary>How many lines held a conversation, sound or not.</summary>
    public int Conversations { get; set; }

    /// <summary>How many assistant messages these conversations hold.</summary>
    public int AssistantMessages { get; set; }

    /// <summary>How many of those are trained on (their weight is not 0).</summary>
    public int TrainedMessages { get; set; }

    /// <summary>Whether there is nothing on a line: no example, and no fault either.</summary>
    public static bool IsBlank(ReadOnlySpan<byte> line, int number) => WithoutMark(line, number).Trim(" \t"u8).IsEmpty;

    /// <summary>The example on a line, or null if it has faults, which are then listed.</summary>
    public ChatExample? Parse(ReadOnlyMemory<byte> line, int number)
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

    private ChatExample? ParseExample(JsonPlace root, JsonElement line, int number)
    {
        var tools = root.Optional(line, "tools", JsonValueKind.Array, "an array of tools");
        if (root.Required(line, "messages", JsonValueKind.Array, "an array of messages") is not { } list)
            return null;
        var place = root.At("messages");
        if (list.GetArrayLength() == 0)
        {
            place.Fault("found an empty array; allowed: at least one message");
            return null;
        }
        var messages = list.EnumerateArray().Select((message, i) => ChatMessageParser.Parse(place.At(i), message)).ToArray();
        if (messages.Any(message => message is null))
            return null;
        Conversations++;
        AssistantMessages += messages.Count(message => message!.Role == "assistant");
        TrainedMessages += messages.Count(message => message!.IsTrained);
        if (messages[^1]!.Role != "assistant")
            place.At(messages.Length - 1).At("role").Fault($"found \"{messages[^1]!.Role}\" in the last message; allowed: assistant, whose answer is learned");
        return new ChatExample(number, messages!, tools?.Clone());
    }

    private static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> line, int number) =>
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
