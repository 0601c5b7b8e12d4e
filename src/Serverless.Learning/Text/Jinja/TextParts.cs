namespace Serverless.Learning.Text.Jinja;

/// <summary>Takes strings apart and puts them together, keeping their marks.</summary>
internal static class TextParts
{
    /// <summary>White space as Python sees it: also the four separators U+001C to U+001F.</summary>
    public static bool IsSpace(char unit) => char.IsWhiteSpace(unit) || unit is >= '\x1c' and <= '\x1f';

    /// <summary>The parts between the occurrences of a separator, at most limit of them (all if negative).</summary>
    public static List<MarkedText> Split(MarkedText text, MarkedText separator, long limit, bool fromEnd, RenderBudget budget)
    {
        var parts = new List<MarkedText>();
        budget.Search(text.Length, separator.Length);
        var (start, end) = (0, text.Length);
        while (limit < 0 || parts.Count < limit)
        {
            budget.Step();
            var found = fromEnd
                ? text.Value.AsSpan(start, end - start).LastIndexOf(separator.Value)
                : text.Value.IndexOf(separator.Value, start, StringComparison.Ordinal);
            if (found < 0)
                break;
            parts.Add(fromEnd ? text.Slice(found + separator.Length, end - found - separator.Length, budget) : text.Slice(start, found - start, budget));
            (start, end) = fromEnd ? (start, found) : (found + separator.Length, end);
        }
        parts.Add(text.Slice(start, end - start, budget));
        if (fromEnd)
            parts.Reverse();
        return parts;
    }

    /// <summary>The parts between white space, at most limit + 1 of them (all if the limit is negative).</summary>
    public static List<MarkedText> Words(MarkedText text, long limit, bool fromEnd, RenderBudget budget)
    {
        var words = new List<MarkedText>();
        budget.Look(2L * text.Length);
        var (start, end) = Inside(text.Value, 0, text.Length, fromEnd);
        while (start < end)
        {
            budget.Step();
            var length = 0;
            while (length < end - start && !IsSpace(text.Value[fromEnd ? end - 1 - length : start + length]))
                length++;
            if (words.Count == limit)
                length = end - start;
            words.Add(text.Slice(fromEnd ? end - length : start, length, budget));
            (start, end) = Inside(text.Value, fromEnd ? start : start + length, fromEnd ? end - length : end, fromEnd);
        }
        if (fromEnd)
            words.Reverse();
        return words;
    }

    /// <summary>The lines, without their ends.</summary>
    public static List<MarkedText> Lines(MarkedText text, RenderBudget budget)
    {
        var lines = new List<MarkedText>();
        budget.Look(text.Length);
        for (var start = 0; start < text.Length;)
        {
            budget.Step();
            var length = text.Value.AsSpan(start).IndexOfAny('\r', '\n');
            var end = length < 0 ? text.Length : start + length;
            lines.Add(text.Slice(start, end - start, budget));
            start = end + (end + 1 < text.Length && text.Value[end] == '\r' && text.Value[end + 1] == '\n' ? 2 : 1);
        }
        return lines;
    }

    /// <summary>The printed forms of the values, with a separator between them.</summary>
    public static MarkedText Join(MarkedText separator, IEnumerable<object?> parts, RenderBudget budget)
    {
        var builder = new MarkedTextBuilder(budget);
        foreach (var (i, part) in parts.Index())
        {
            budget.Step();
            if (i > 0)
                builder.Append(separator);
            builder.Append(PythonText.Str(part, budget));
        }
        return builder.ToText();
    }

    /// <summary>The text with other characters in its places; the change keeps the length, give or take a few.</summary>
    public static MarkedText Changed(MarkedText text, Func<string, string> change, RenderBudget budget)
    {
        budget.Look(text.Length);
        // Capitals are put together from parts.
        budget.Text(2L * text.Length, text.Marks.Count);
        return text.WithValue(change(text.Value));
    }

    /// <summary>The first unit in upper, all others in lower case.</summary>
    public static string Capitalized(string value) =>
        value.Length == 0 ? "" : string.Concat(char.ToUpperInvariant(value[0]).ToString(), value[1..].ToLowerInvariant());

    /// <summary>Each run of units that belong to a word, capitalized.</summary>
    public static string Title(string value, Func<char, bool> belongs) =>
        string.Create(value.Length, (value, belongs), static (title, state) =>
        {
            for (var i = 0; i < title.Length; i++)
            {
                var inside = i > 0 && state.belongs(state.value[i - 1]);
                title[i] = inside ? char.ToLowerInvariant(state.value[i]) : char.ToUpperInvariant(state.value[i]);
            }
        });

    /// <summary>A range without the white space at its beginning, or at its end.</summary>
    private static (int Start, int End) Inside(string value, int start, int end, bool fromEnd)
    {
        while (!fromEnd && start < end && IsSpace(value[start]))
            start++;
        while (fromEnd && start < end && IsSpace(value[end - 1]))
            end--;
        return (start, end);
    }
}
