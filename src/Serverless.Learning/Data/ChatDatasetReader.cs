namespace Serverless.Learning.Data;

/// <summary>
/// Reads a chat data set: JSONL in UTF-8, one conversation per line with <c>messages</c> and, optionally, <c>tools</c>. The file is never in memory as
/// a whole. Blank lines and unknown keys are ignored.
/// </summary>
public static class ChatDatasetReader
{
    /// <summary>The fewest examples a data set may have.</summary>
    public const int MinExamples = 10;

    /// <summary>The longest line that is read, in bytes.</summary>
    public const int MaxLineBytes = Utf8LineReader.MaxLineBytes;

    /// <summary>The examples in the order of the file, until the first fault.</summary>
    /// <param name="stream">The file from its beginning; it stays open.</param>
    /// <param name="fileName">The name that faults give.</param>
    /// <exception cref="InputError">The file has faults. Thrown at the end of the file: the first one is named and up to ten more are listed.</exception>
    public static IEnumerable<ChatExample> Read(Stream stream, string fileName)
    {
        var faults = new FaultList();
        var parser = new ChatLineParser(fileName, faults);
        var lines = new Utf8LineReader(stream, offset: 0);
        var number = 0;
        var filled = 0;
        while (lines.Read())
        {
            number++;
            if (lines.LineIsTooLong)
            {
                faults.Add(TooLong(fileName, number));
                break;
            }
            if (ChatLineParser.IsBlank(lines.Line.Span, number))
                continue;
            filled++;
            if (parser.Parse(lines.Line, number) is { } example && faults.Count == 0)
                yield return example;
        }
        if (!lines.LineIsTooLong && FileFault(fileName, filled, parser) is { } fault)
            faults.AddFirst(fault);
        if (faults.ToError() is { } error)
            throw error;
    }

    internal static string TooLong(string fileName, int number) =>
        $"{fileName} line {number}: found a line longer than {MaxLineBytes} bytes; allowed: {MaxLineBytes} bytes (reading ends here)";

    /// <summary>The fault of a file that was read to its end, beside those of its lines, or null.</summary>
    internal static string? FileFault(string fileName, int filledLines, ChatLineParser parser)
    {
        if (filledLines == 0)
            return $"{fileName}: found no line with an example; allowed: {MinExamples} examples or more, one JSON object per line";
        if (filledLines == parser.Conversations && parser.AssistantMessages == 0)
            return $"{fileName}: found no assistant message; allowed: examples that end with one, because only assistant messages are learned";
        if (filledLines == parser.Conversations && parser.TrainedMessages == 0)
            return $"{fileName}: found weight 0 on every assistant message; allowed: weight 1, or none, on those to be learned";
        return filledLines < MinExamples ? $"{fileName}: found {filledLines} {(filledLines == 1 ? "example" : "examples")}; allowed: {MinExamples} or more" : null;
    }
}
