namespace Serverless.Learning.Text.PreTokenizers;

/// <summary>Turns the alternation of unmatched and matched stretches of one text into pieces, as a <see cref="SplitBehavior"/> asks.</summary>
internal ref struct PieceCut(ReadOnlySpan<char> text, bool atStart, SplitBehavior behavior, PieceSink sink)
{
    private readonly ReadOnlySpan<char> _text = text;
    private int _start;
    private int _end;
    private bool _heldIsMatch;

    internal readonly int Length => _text.Length;

    /// <summary>The next <paramref name="length"/> units of the text match the pattern, or do not.</summary>
    internal void Add(int length, bool isMatch)
    {
        if (length == 0)
            return;
        if (!JoinsHeld(isMatch))
            Flush();
        _end += length;
        _heldIsMatch = isMatch;
        if (behavior == SplitBehavior.Removed && isMatch)
            _start = _end;
    }

    /// <summary>Hands over the stretch that is still held back.</summary>
    internal void Flush()
    {
        if (_end > _start)
            sink.Take(_text[_start.._end], atStart && _start == 0);
        _start = _end;
    }

    private readonly bool JoinsHeld(bool isMatch) => behavior switch
    {
        SplitBehavior.Contiguous => isMatch == _heldIsMatch,
        SplitBehavior.MergedWithPrevious => isMatch && !_heldIsMatch,
        SplitBehavior.MergedWithNext => !isMatch && _heldIsMatch,
        _ => false,
    };
}
