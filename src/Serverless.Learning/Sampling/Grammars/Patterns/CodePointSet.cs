namespace Serverless.Learning.Sampling.Grammars.Patterns;

/// <summary>A set of Unicode code points as ranges, sorted and apart. Surrogates are in none.</summary>
internal sealed record CodePointSet(IReadOnlyList<(int First, int Last)> Ranges)
{
    private const int Highest = 0x10FFFF, FirstSurrogate = 0xD800, LastSurrogate = 0xDFFF;

    public static CodePointSet Any { get; } = new([(0, FirstSurrogate - 1), (LastSurrogate + 1, Highest)]);

    public static CodePointSet Digit { get; } = Of(('0', '9'));

    public static CodePointSet Word { get; } = Of(('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z'));

    /// <summary>What ECMAScript takes for white space.</summary>
    public static CodePointSet Space { get; } = Of(
        (0x09, 0x0D), (0x20, 0x20), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF));

    /// <summary>Everything but the ends of lines.</summary>
    public static CodePointSet Dot { get; } = Of(('\n', '\n'), ('\r', '\r'), (0x2028, 0x2029)).Inverted();

    /// <param name="ranges">In any order; may overlap.</param>
    public static CodePointSet Of(params IEnumerable<(int First, int Last)> ranges)
    {
        var merged = new List<(int First, int Last)>();
        foreach (var (first, last) in ranges.Order())
        {
            if (merged.Count > 0 && first <= merged[^1].Last + 1) merged[^1] = (merged[^1].First, Math.Max(merged[^1].Last, last));
            else merged.Add((first, last));
        }
        return new CodePointSet([.. merged.SelectMany(WithoutSurrogates)]);
    }

    public CodePointSet Inverted()
    {
        var gaps = new List<(int, int)>();
        var next = 0;
        foreach (var (first, last) in Ranges)
        {
            if (first > next) gaps.Add((next, first - 1));
            next = last + 1;
        }
        if (next <= Highest) gaps.Add((next, Highest));
        return Of(gaps);
    }

    /// <summary>The part of the set between two code points.</summary>
    public IEnumerable<(int First, int Last)> Between(int first, int last) =>
        Ranges.Select(range => (First: Math.Max(first, range.First), Last: Math.Min(last, range.Last))).Where(range => range.First <= range.Last);

    private static IEnumerable<(int First, int Last)> WithoutSurrogates((int First, int Last) range)
    {
        if (range.First < FirstSurrogate) yield return (range.First, Math.Min(range.Last, FirstSurrogate - 1));
        if (range.Last > LastSurrogate) yield return (Math.Max(range.First, LastSurrogate + 1), range.Last);
    }
}
