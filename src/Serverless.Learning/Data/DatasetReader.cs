using System.Text.Json;

namespace Serverless.Learning.Data;

/// <summary>
/// Reads a data set of a known format: JSONL in UTF-8, one example per line, or plain text. The file is never in memory as a whole.
/// Blank lines and unknown keys are ignored.
/// </summary>
public static class DatasetReader
{
    /// <summary>The examples in the order of the file, until the first fault.</summary>
    /// <param name="stream">The file from its beginning; it stays open.</param>
    /// <param name="fileName">The name that faults give.</param>
    /// <exception cref="InputError">The file has faults. Thrown at the end of the file: the first one is named and up to ten more are listed.</exception>
    public static IEnumerable<DatasetExample> Read(Stream stream, string fileName, DatasetFormat format)
    {
        var faults = new FaultList();
        var parser = ParserOf(format, fileName, faults);
        var records = new RecordReader(stream, 0, 0, format);
        var filled = 0;
        while (records.Read())
        {
            if (records.LineIsTooLong)
            {
                faults.Add(TooLong(fileName, records.Line));
                break;
            }
            if (LineParser.IsBlank(records.Record.Span, records.Line))
                continue;
            filled++;
            if (parser.Parse(records.Record, records.Line) is { } example && faults.Count == 0)
                yield return example;
        }
        if (!records.LineIsTooLong && parser.FileFault(filled) is { } fault)
            faults.AddFirst(fault);
        if (faults.ToError() is { } error)
            throw error;
    }

    /// <summary>The example of one line that was taken from a file.</summary>
    /// <param name="line">The line's object.</param>
    /// <param name="number">The line's number, from 1.</param>
    /// <exception cref="InputError">It has faults.</exception>
    public static DatasetExample ReadLine(JsonElement line, int number, string fileName, DatasetFormat format)
    {
        var faults = new FaultList();
        var example = ParserOf(format, fileName, faults).Parse(JsonSerializer.SerializeToUtf8Bytes(line), number);
        return faults.ToError() is { } error ? throw error : example!;
    }

    internal static string TooLong(string fileName, int number) =>
        $"{fileName} line {number}: found a line longer than {Utf8LineReader.MaxLineBytes} bytes; allowed: {Utf8LineReader.MaxLineBytes} bytes (reading ends here)";

    internal static LineParser ParserOf(DatasetFormat format, string fileName, FaultList faults) => format switch
    {
        DatasetFormat.Chat => new ChatLineParser(fileName, faults),
        DatasetFormat.PromptCompletion => new CompletionLineParser(fileName, faults),
        DatasetFormat.Preference => new PreferenceLineParser(fileName, faults),
        DatasetFormat.Reinforcement => new PromptLineParser(fileName, faults),
        DatasetFormat.Text => new TextLineParser(fileName, faults),
        DatasetFormat.PlainText => new PlainTextParser(fileName, faults),
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, null),
    };
}
