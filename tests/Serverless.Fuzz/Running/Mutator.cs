using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Serverless.Fuzz.Running;

/// <summary>
/// Makes an input out of another: JSON is changed as a tree where it is JSON, everything as bytes (flips, cuts, repeats, splices of two inputs, words of the
/// format, numbers at the borders of their types), once or several times over.
/// </summary>
/// <param name="corpus">Parts of these are put into inputs.</param>
/// <param name="words">So are these.</param>
internal sealed class Mutator(IReadOnlyList<byte[]> corpus, IReadOnlyList<string> words, Random random)
{
    private const int MostBytes = 300_000;

    private static readonly string[] Values =
    [
        "null", "true", "false", "0", "-1", "1e999", "-1e999", "1e-999", "0.5", "2147483647", "2147483648", "9223372036854775807", "9223372036854775808", "100000000", "1e9", "-0.0",
        "\"\"", "\"\\ud800\"", "\"\\udc00x\"", "\"\\u0000\"", "\"../../x\"", "\"{{\"", "[]", "{}", "[[]]", "{\"\":{}}", "\"\\ud83d\\ude00\"", "NaN", "Infinity", "01", "'a'", "[1,]", "// x",
    ];

    private static readonly string[] Bytes = ["\u0000", "\uFEFF", "\r\n", "\n\n\n", "\\", "\"", "\u2028", "{", "}", "[", "]", "((((", "%", "$", "^", "\U0001F600"];

    private static readonly ulong[] Numbers = [0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x100000000, 0x7FFFFFFFFFFFFFFF, 0x8000000000000000, 0xFFFFFFFFFFFFFFFF];

    public byte[] Next(byte[] input)
    {
        for (var times = 1 + random.Next(4); times > 0; times--)
        {
            input = random.Next(3) == 0 ? Tree(input) ?? Change(input) : Change(input);
            if (input.Length > MostBytes)
                input = input[..MostBytes];
        }
        return input;
    }

    private byte[] Change(byte[] input)
    {
        var (at, length) = Range(input);
        switch (random.Next(12))
        {
            case 0 when input.Length > 0:
                var flipped = input.ToArray();
                flipped[at % input.Length] ^= (byte)(1 << random.Next(8));
                return flipped;
            case 1 when input.Length > 0:
                var replaced = input.ToArray();
                replaced[at % input.Length] = (byte)random.Next(256);
                return replaced;
            case 2:
                return [.. input[..at], .. input[(at + length)..]];
            case 3:
                return input[..at];
            case 4:
                return Repeat(input, at, length);
            case 5:
                var other = Pick(corpus);
                var (from, count) = Range(other);
                return [.. input[..at], .. other[from..(from + count)], .. input[at..]];
            case 6:
                return Number(input, at);
            case 7 or 8:
                return [.. input[..at], .. Encoding.UTF8.GetBytes(Pick(Bytes)), .. input[at..]];
            case 9:
                return [.. input[..at], .. Encoding.UTF8.GetBytes(Pick(Values)), .. input[(at + length)..]];
            default:
                return words.Count == 0 ? Number(input, at) : [.. input[..at], .. Encoding.UTF8.GetBytes(Pick(words)), .. input[at..]];
        }
    }

    /// <summary>A stretch many times over: seldom so often that it fills the largest input.</summary>
    private byte[] Repeat(byte[] input, int at, int length)
    {
        var piece = random.Next(3) == 0 && words.Count > 0 ? Encoding.UTF8.GetBytes(Pick(words)) : input[at..(at + Math.Min(length, 64))];
        var times = random.Next(8) == 0 ? MostBytes / Math.Max(1, piece.Length) : 1 + random.Next(200);
        using var all = new MemoryStream();
        all.Write(input, 0, at);
        for (var i = 0; i < times; i++)
            all.Write(piece);
        all.Write(input, at, input.Length - at);
        return all.ToArray();
    }

    private byte[] Number(byte[] input, int at)
    {
        if (input.Length < 8)
            return [.. input, (byte)random.Next(256)];
        var written = input.ToArray();
        var number = random.Next(4) == 0 ? (ulong)random.NextInt64() : Pick(Numbers) + (ulong)random.Next(3) - 1;
        var place = Math.Min(at, input.Length - 8);
        if (random.Next(2) == 0)
            BinaryPrimitives.WriteUInt32LittleEndian(written.AsSpan(place), (uint)number);
        else
            BinaryPrimitives.WriteUInt64LittleEndian(written.AsSpan(place), number);
        return written;
    }

    /// <summary>Changes one value of the JSON that the input, or one of its lines, is; null if it is none.</summary>
    private byte[]? Tree(byte[] input)
    {
        var text = Encoding.UTF8.GetString(input);
        var lines = text.Split('\n');
        var line = random.Next(lines.Length);
        try
        {
            if (lines.Length == 1 || random.Next(2) == 0)
                return Encoding.UTF8.GetBytes(Changed(text));
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or ArgumentException)
        {
            // Not as a whole; perhaps a line.
        }
        try
        {
            lines[line] = Changed(lines[line]);
            return Encoding.UTF8.GetBytes(string.Join('\n', lines));
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or ArgumentException)
        {
            return null;
        }
    }

    private string Changed(string json)
    {
        var root = JsonNode.Parse(json) ?? throw new JsonException();
        var nodes = new List<JsonNode>();
        Collect(root);
        var node = Pick(nodes);
        // The place is marked by a word, for which text is put that no tree could hold.
        const string mark = "\"%%%here%%%\"";
        var old = node.ToJsonString();
        if (node.Parent is JsonObject members)
            members[node.GetPropertyName()] = JsonNode.Parse(mark);
        else if (node.Parent is JsonArray items)
            items[node.GetElementIndex()] = JsonNode.Parse(mark);
        else
            root = JsonNode.Parse(mark)!;
        return root.ToJsonString().Replace(mark, Instead(old), StringComparison.Ordinal);

        void Collect(JsonNode? part)
        {
            if (part is null) return;
            nodes.Add(part);
            foreach (var child in part is JsonObject members ? members.Select(member => member.Value) : part is JsonArray items ? items : [])
                Collect(child);
        }
    }

    private string Instead(string old) => random.Next(8) switch
    {
        0 => $"[{old},{old}]",
        1 => $"{{\"{(words.Count > 0 ? JsonEncodedText.Encode(Pick(words)) : "x")}\":{old}}}",
        2 => new string('[', 1 + random.Next(100)) + old + new string(']', 1 + random.Next(100)),
        3 => $"\"{new string('a', random.Next(random.Next(10) == 0 ? 200_000 : 300))}\"",
        4 when words.Count > 0 => JsonSerializer.Serialize(Pick(words)),
        5 => $"{old},\"{(words.Count > 0 ? JsonEncodedText.Encode(Pick(words)) : "x")}\":{Pick(Values)}",
        _ => Pick(Values),
    };

    private (int At, int Length) Range(byte[] input)
    {
        var at = random.Next(input.Length + 1);
        return (at, random.Next(Math.Min(input.Length - at, 1 << random.Next(10)) + 1));
    }

    private T Pick<T>(IReadOnlyList<T> from) => from[random.Next(from.Count)];
}
