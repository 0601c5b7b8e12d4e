namespace Serverless.Learning.Data;

/// <summary>
/// Reads a chat data set: JSONL in UTF-8, one conversation per line with <c>messages</c> and, optionally, <c>tools</c>. See
/// <see cref="DatasetReader"/>.
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
    public static IEnumerable<ChatExample> Read(Stream stream, string fileName) =>
        DatasetReader.Read(stream, fileName, DatasetFormat.Chat).Cast<ChatExample>();
}
