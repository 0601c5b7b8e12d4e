using System.Text;

namespace Serverless.Learning.Text.Jinja;

/// <summary>Joins strings and keeps their marks.</summary>
internal sealed class MarkedTextBuilder(RenderBudget budget)
{
    private readonly StringBuilder _text = new();
    private readonly List<Mark> _marks = [];

    /// <summary>The units so far.</summary>
    public int Length => _text.Length;

    public MarkedTextBuilder Append(string text)
    {
        budget.Copy(text.Length);
        _text.Append(text);
        return this;
    }

    public MarkedTextBuilder Append(MarkedText text)
    {
        var shift = _text.Length;
        budget.Copy(text.Length, text.Marks.Count);
        _text.Append(text.Value);
        foreach (var mark in text.Marks)
        {
            var moved = mark with { Start = mark.Start + shift, End = mark.End + shift };
            if (_marks.Count > 0 && _marks[^1] is var last && last.End == moved.Start && last.Source == moved.Source)
                _marks[^1] = last with { End = moved.End };
            else
                _marks.Add(moved);
        }
        return this;
    }

    public MarkedText ToText()
    {
        if (_text.Length == 0)
            return MarkedText.Empty;
        budget.Text(_text.Length, _marks.Count);
        return new MarkedText(_text.ToString(), [.. _marks]);
    }
}
