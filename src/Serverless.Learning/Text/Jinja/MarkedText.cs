namespace Serverless.Learning.Text.Jinja;

/// <summary>
/// A string that knows which of its characters come from the conversation. The marks survive what templates do to strings, so that the
/// encoder can tell a token that the template writes from the same characters typed by a user. Two are equal if their characters are.
/// </summary>
internal sealed class MarkedText : IEquatable<MarkedText>
{
    private readonly Mark[] _marks;

    /// <param name="value">The characters.</param>
    /// <param name="marks">In order, not overlapping, not empty, inside the value.</param>
    public MarkedText(string value, params Mark[] marks)
    {
        Value = value;
        _marks = marks;
    }

    /// <summary>The empty string.</summary>
    public static MarkedText Empty { get; } = new("");

    /// <summary>The characters.</summary>
    public string Value { get; }

    /// <summary>The marked ranges, in order.</summary>
    public IReadOnlyList<Mark> Marks => _marks;

    /// <summary>The number of UTF-16 units.</summary>
    public int Length => Value.Length;

    public static implicit operator MarkedText(string value) => value.Length == 0 ? Empty : new(value);

    /// <summary>A string that comes from the conversation as a whole.</summary>
    public static MarkedText From(string value, int source) => value.Length == 0 ? Empty : new(value, new Mark(0, value.Length, source));

    /// <summary>The units from start on, paid for by the rendering, if there is one.</summary>
    public MarkedText Slice(int start, int length, RenderBudget? budget = null)
    {
        if (start == 0 && length == Length)
            return this;
        if (length == 0)
            return Empty;
        var (first, count) = MarksIn(start, length);
        budget?.Text(length, count);
        var marks = count == 0 ? [] : new Mark[count];
        for (var i = 0; i < count; i++)
        {
            var mark = _marks[first + i];
            marks[i] = mark with { Start = Math.Max(mark.Start - start, 0), End = Math.Min(mark.End - start, length) };
        }
        return new MarkedText(Value.Substring(start, length), marks);
    }

    /// <summary>Other characters in the same places, such as these in upper case; if the number differs, all are marked when one was.</summary>
    public MarkedText WithValue(string value)
    {
        if (value.Length == Length)
            return new MarkedText(value, _marks);
        return _marks.Length == 0 ? value : From(value, _marks[0].Source);
    }

    public bool Equals(MarkedText? other) => other is not null && Value == other.Value;

    public override bool Equals(object? obj) => Equals(obj as MarkedText);

    public override int GetHashCode() => Value.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Value;

    /// <summary>The marks that reach into a range, of which there may be very many in all.</summary>
    private (int First, int Count) MarksIn(int start, int length)
    {
        var (first, end) = (0, _marks.Length);
        while (first < end)
        {
            var middle = (first + end) / 2;
            (first, end) = _marks[middle].End <= start ? (middle + 1, end) : (first, middle);
        }
        var count = 0;
        while (first + count < _marks.Length && _marks[first + count].Start < start + length)
            count++;
        return (first, count);
    }
}
