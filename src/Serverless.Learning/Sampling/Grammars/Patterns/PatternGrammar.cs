namespace Serverless.Learning.Sampling.Grammars.Patterns;

/// <summary>
/// The grammar of JSON strings whose text a regular expression finds something in. Characters are written as themselves, and escaped only where JSON demands it.
/// </summary>
internal sealed class PatternGrammar(GrammarBuilder builder)
{
    private const int MaxNodes = 200_000, MaxSteps = 1_000_000;
    private const int LastControl = 0x1F;

    private static readonly Dictionary<int, string> Short = new()
    {
        ['"'] = "\\\"", ['\\'] = "\\\\", ['\b'] = "\\b", ['\f'] = "\\f", ['\n'] = "\\n", ['\r'] = "\\r", ['\t'] = "\\t",
    };

    private int _steps;

    /// <summary>The string's content.</summary>
    /// <exception cref="FormatException">The expression cannot be used; the message says why.</exception>
    public int Build(string pattern, int next)
    {
        var parsed = PatternParser.Parse(pattern);
        IReadOnlyList<PatternNode> ways = parsed is PatternNode.Either either ? either.Parts : [parsed];
        return builder.Choice([.. ways.Select(way => Whole(way, next))]);
    }

    /// <summary>One way with its anchors; where it has none, anything may stand before or after.</summary>
    private int Whole(PatternNode way, int next)
    {
        var parts = way is PatternNode.Sequence sequence ? sequence.Parts : [way];
        var (begins, ends) = (parts is [PatternNode.Anchor { IsEnd: false }, ..], parts is [.., PatternNode.Anchor { IsEnd: true }]);
        PatternNode anything = new PatternNode.Repeated(new PatternNode.One(CodePointSet.Any), 0, null);
        var inner = parts.Skip(begins ? 1 : 0).SkipLast(ends ? 1 : 0);
        return Of(new PatternNode.Sequence([.. begins ? [] : new[] { anything }, .. inner, .. ends ? [] : new[] { anything }]), next);
    }

    private int Of(PatternNode node, int next)
    {
        // Steps as well as nodes: an empty group repeated makes none, however often.
        if (builder.Count > MaxNodes || ++_steps > MaxSteps) throw new FormatException("the expression has too many repetitions");
        return node switch
        {
            PatternNode.One one => Character(one.Set, next),
            PatternNode.Sequence sequence => sequence.Parts.Reverse().Aggregate(next, (tail, part) => Of(part, tail)),
            PatternNode.Either either => builder.Choice([.. either.Parts.Select(part => Of(part, next))]),
            PatternNode.Repeated repeated => builder.Repeat(tail => Of(repeated.Part, tail), repeated.Minimum, repeated.Maximum, next),
            _ => throw new FormatException("'^' and '$' are supported at the beginning and end of the expression only"),
        };
    }

    private int Character(CodePointSet set, int next)
    {
        var ways = new List<int>();
        foreach (var (first, last) in set.Between(0, LastControl))
            for (var value = first; value <= last; value++) ways.Add(Escaped(value, next));
        foreach (var special in new int[] { '"', '\\' })
            if (set.Between(special, special).Any()) ways.Add(Escaped(special, next));
        var plain = new[] { (LastControl + 1, '"' - 1), ('"' + 1, '\\' - 1), ('\\' + 1, 0x10FFFF) };
        foreach (var (first, last) in plain.SelectMany(stretch => set.Between(stretch.Item1, stretch.Item2)))
            foreach (var (from, to) in Utf8Ranges.Of(first, last))
                ways.Add(Enumerable.Range(0, from.Length).Reverse().Aggregate(next, (tail, place) => builder.Bytes(ByteSet.Range(from[place], to[place]), tail)));
        return ways.Count > 0 ? builder.Choice(ways) : throw new FormatException("a class without characters");
    }

    private int Escaped(int value, int next) =>
        builder.Literal(System.Text.Encoding.ASCII.GetBytes(Short.TryGetValue(value, out var known) ? known : $"\\u{value:x4}"), next);
}
