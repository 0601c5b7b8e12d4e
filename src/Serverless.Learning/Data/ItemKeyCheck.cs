using System.Text.Json;

namespace Serverless.Learning.Data;

/// <summary>Finds the first line of a JSONL file that has not every key which graders name.</summary>
public static class ItemKeyCheck
{
    private const int MostNamed = 20;

    /// <summary>Looks at the names on the first level of each line; a line that is no JSON object is passed over, as counting the file names it.</summary>
    /// <param name="stream">The file from its beginning; it stays open.</param>
    /// <param name="keys">What every line should have.</param>
    /// <param name="mostLines">Looks no further than so many lines that are not blank.</param>
    /// <returns>The line, from 1, the key that it lacks, and the first of those it has; null if every line has all keys.</returns>
    public static async Task<(int Line, string Key, IReadOnlyList<string> Found)?> FirstMissingAsync(
        Stream stream, IReadOnlyList<string> keys, int mostLines, CancellationToken cancellationToken)
    {
        var records = new RecordReader(stream, 0, 0, DatasetFormat.Chat);
        for (var looked = 0; keys.Count > 0 && looked < mostLines && !records.LineIsTooLong && await records.ReadAsync(cancellationToken);)
        {
            if (LineParser.IsBlank(records.Record.Span, records.Line))
                continue;
            looked++;
            if (Missing(LineParser.WithoutMark(records.Record.Span, records.Line), keys) is { } key)
                return (records.Line, key, NamesIn(LineParser.WithoutMark(records.Record.Span, records.Line)));
        }
        return null;
    }

    private static string? Missing(ReadOnlySpan<byte> line, IReadOnlyList<string> keys)
    {
        Span<bool> found = keys.Count <= 64 ? stackalloc bool[keys.Count] : new bool[keys.Count];
        try
        {
            var reader = new Utf8JsonReader(line);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                for (var at = 0; at < keys.Count; at++)
                    found[at] |= reader.ValueTextEquals(keys[at]);
                reader.Skip();
            }
        }
        catch (JsonException)
        {
            return null;
        }
        return found.IndexOf(false) is var missing and >= 0 ? keys[missing] : null;
    }

    private static List<string> NamesIn(ReadOnlySpan<byte> line)
    {
        var names = new List<string>();
        var reader = new Utf8JsonReader(line);
        reader.Read();
        while (names.Count < MostNamed && reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            names.Add(reader.GetString()!);
            reader.Skip();
        }
        return names;
    }
}
