using System.Text;

namespace Serverless.Learning.Text.Jinja;

/// <summary>Positions in a string counted in code points, as Python counts them.</summary>
internal static class CodePoints
{
    /// <summary>The number of code points.</summary>
    public static int Count(MarkedText text, RenderBudget budget) => Before(text, text.Length, budget);

    /// <summary>The code points as strings of their own.</summary>
    public static IReadOnlyList<MarkedText> Split(MarkedText text, RenderBudget budget)
    {
        budget.Step(text.Length);
        budget.List(text.Length);
        var characters = new List<MarkedText>(text.Length);
        for (var i = 0; i < text.Length;)
        {
            Rune.DecodeFromUtf16(text.Value.AsSpan(i), out _, out var length);
            characters.Add(text.Slice(i, length, budget));
            i += length;
        }
        return characters;
    }

    /// <summary>The code points from start on.</summary>
    public static MarkedText Slice(MarkedText text, int start, int count, RenderBudget budget)
    {
        budget.Look((long)start + count);
        var from = Unit(text.Value, 0, start);
        return text.Slice(from, Unit(text.Value, from, count) - from, budget);
    }

    /// <summary>The number of code points before a UTF-16 unit.</summary>
    public static int Before(MarkedText text, int unit, RenderBudget budget)
    {
        budget.Look(unit);
        var count = unit;
        foreach (var character in text.Value.AsSpan(0, unit))
            if (char.IsLowSurrogate(character))
                count--;
        return count;
    }

    private static int Unit(string value, int from, int codePoints)
    {
        for (; codePoints > 0; codePoints--)
            from += from + 1 < value.Length && char.IsSurrogatePair(value[from], value[from + 1]) ? 2 : 1;
        return from;
    }
}
