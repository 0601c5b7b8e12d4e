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

    /// <summary>The units from start on.</summary>
    public MarkedText Slice(int start, int length)
    {
        if (start == 0 && length == Length)
            return this;
        if (length == 0)
            return Empty;
        var value = Value.Substring(start, length);
        if (_marks.Length == 0)
            return value;
        var marks = new List<Mark>();
        foreach (var mark in _marks)
            if (Math.Max(mark.Start - start, 0) is var from && Math.Min(mark.End - start, length) is var to && from < to)
                marks.Add(mark with { Start = from, End = to });
        return new MarkedText(value, [.. marks]);
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
}
