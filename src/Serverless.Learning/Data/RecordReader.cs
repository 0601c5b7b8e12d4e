using System.Buffers;

namespace Serverless.Learning.Data;

/// <summary>
/// Reads the records of a file from any record's beginning on: lines, or in plain text the documents that two blank lines separate. A
/// document that has grown to <see cref="LongestDocument"/> ends with its line, so that no more than that is in memory.
/// </summary>
/// <param name="offset">Where the stream begins in the file, in bytes.</param>
/// <param name="linesBefore">The lines before that.</param>
internal sealed class RecordReader(Stream stream, long offset, int linesBefore, DatasetFormat format)
{
    /// <summary>The most bytes of a document before it is ended, plus one line.</summary>
    public const int LongestDocument = 4 * 1024 * 1024;

    private readonly Utf8LineReader lines = new(stream, offset);
    private readonly ArrayBufferWriter<byte> document = new();
    private int blank;
    private bool ended;

    /// <summary>The record last read, without the end of its last line; valid until the next one is read.</summary>
    public ReadOnlyMemory<byte> Record { get; private set; }

    /// <summary>The line it begins on, counted from 1.</summary>
    public int Line { get; private set; }

    /// <summary>The lines read so far, those before the beginning included.</summary>
    public int LinesRead { get; private set; } = linesBefore;

    /// <summary>The offset in the file of the first byte after the record last read.</summary>
    public long Offset => lines.Offset;

    /// <inheritdoc cref="Utf8LineReader.LineIsTooLong"/>
    public bool LineIsTooLong => lines.LineIsTooLong;

    /// <summary>Reads the next record; false at the end of the file.</summary>
    public bool Read()
    {
        Begin();
        while (!ended)
        {
            if (Take(lines.Read())) return true;
        }
        return false;
    }

    /// <summary>Reads the next record; false at the end of the file.</summary>
    public async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        Begin();
        while (!ended)
        {
            if (Take(await lines.ReadAsync(cancellationToken))) return true;
        }
        return false;
    }

    private void Begin()
    {
        document.ResetWrittenCount();
        blank = 0;
    }

    /// <summary>Takes what was read, a line or the end of the file; true if that completes a record.</summary>
    private bool Take(bool hasLine)
    {
        ended = !hasLine;
        if (hasLine) LinesRead++;
        if (format != DatasetFormat.PlainText || lines.LineIsTooLong)
        {
            (Record, Line) = (lines.Line, LinesRead);
            return hasLine;
        }
        if (!hasLine) return document.WrittenCount > 0 && Complete();
        var line = lines.Line.Span;
        if (LineParser.IsBlank(line, LinesRead))
        {
            blank++;
            return blank >= 2 && document.WrittenCount > 0 && Complete();
        }
        if (document.WrittenCount == 0) Line = LinesRead;
        else document.Write("\n\n"u8[..(1 + Math.Min(1, blank))]);
        blank = 0;
        document.Write(line);
        return document.WrittenCount >= LongestDocument && Complete();
    }

    private bool Complete()
    {
        Record = document.WrittenMemory;
        return true;
    }
}
