namespace Serverless.Learning.Data;

/// <summary>
/// Reads the lines of a file as bytes, from any byte offset on, with never more than one line in memory. A line ends at LF; a CR before
/// it is not part of the line; the last line needs no end.
/// </summary>
internal sealed class Utf8LineReader(Stream stream, long offset)
{
    /// <summary>The longest line that is read, in bytes: an example of some two million tokens.</summary>
    public const int MaxLineBytes = 8 * 1024 * 1024;

    private byte[] _buffer = new byte[64 * 1024];
    private int _start, _end, _searched;
    private bool _ended;

    /// <summary>The offset in the file of the first byte after the line last read.</summary>
    public long Offset { get; private set; } = offset;

    /// <summary>The line last read, without its end; valid until the next one is read.</summary>
    public ReadOnlyMemory<byte> Line { get; private set; }

    /// <summary>Whether the line last read is longer than <see cref="MaxLineBytes"/>; then only its beginning is there and reading ends.</summary>
    public bool LineIsTooLong { get; private set; }

    /// <summary>Reads the next line; false at the end of the file.</summary>
    public bool Read()
    {
        while (true)
        {
            if (TryTake() is { } taken)
                return taken;
            Grow();
            Filled(stream.Read(_buffer, _end, _buffer.Length - _end));
        }
    }

    /// <summary>Reads the next line; false at the end of the file.</summary>
    public async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TryTake() is { } taken)
                return taken;
            Grow();
            Filled(await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken));
        }
    }

    /// <summary>True: a line was taken; false: no line is left; null: more bytes are needed to tell.</summary>
    private bool? TryTake()
    {
        var length = _buffer.AsSpan(_searched, _end - _searched).IndexOf((byte)'\n');
        if (length >= 0)
            return Take(_searched + length, consumed: _searched + length + 1);
        _searched = _end;
        if (_end - _start > MaxLineBytes + 1)
            return Take(_end, consumed: _end);
        if (!_ended)
            return null;
        return _start < _end && Take(_end, consumed: _end);
    }

    private bool Take(int lineEnd, int consumed)
    {
        if (lineEnd > _start && _buffer[lineEnd - 1] == '\r')
            lineEnd--;
        Line = _buffer.AsMemory(_start, lineEnd - _start);
        LineIsTooLong = Line.Length > MaxLineBytes;
        Offset += consumed - _start;
        _start = _searched = consumed;
        return true;
    }

    private void Grow()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _searched -= _start;
            _end -= _start;
            _start = 0;
        }
        else if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }
    }

    private void Filled(int count)
    {
        _end += count;
        _ended = count == 0;
    }
}
