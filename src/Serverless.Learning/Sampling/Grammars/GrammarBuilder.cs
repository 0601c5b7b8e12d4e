namespace Serverless.Learning.Sampling.Grammars;

/// <summary>Builds a grammar from its end to its beginning: each method takes where the text goes on and returns where it begins.</summary>
internal sealed class GrammarBuilder
{
    private readonly List<GrammarNode?> _nodes = [new GrammarNode.Return()];
    private readonly List<int> _rules = [];

    /// <summary>The end of the rule that is being built.</summary>
    public const int End = 0;

    /// <summary>How many nodes were built.</summary>
    public int Count => _nodes.Count;

    /// <summary>A rule whose content comes later, so that rules can refer to each other.</summary>
    public int NewRule()
    {
        _rules.Add(-1);
        return _rules.Count - 1;
    }

    public void Define(int rule, int start) => _rules[rule] = start;

    public int Bytes(ByteSet set, int next) => Add(new GrammarNode.Bytes(set, next));

    public int Literal(ReadOnlySpan<byte> text, int next)
    {
        for (var at = text.Length - 1; at >= 0; at--) next = Bytes(ByteSet.Range(text[at], text[at]), next);
        return next;
    }

    public int Choice(params IReadOnlyList<int> alternatives) => alternatives.Count == 1 ? alternatives[0] : Add(new GrammarNode.Choice([.. alternatives]));

    public int Call(int rule, int next) => Add(new GrammarNode.Call(rule, next));

    /// <summary>What <paramref name="one"/> builds, any number of times; each must take at least one byte.</summary>
    public int Repeat(Func<int, int> one, int next)
    {
        var loop = Add(null);
        _nodes[loop] = new GrammarNode.Choice([one(loop), next]);
        return loop;
    }

    /// <summary>What <paramref name="one"/> builds, <paramref name="minimum"/> to <paramref name="maximum"/> times; null for any number.</summary>
    public int Repeat(Func<int, int> one, int minimum, int? maximum, int next)
    {
        var tail = next;
        if (maximum is { } most)
            for (var count = minimum; count < most; count++) tail = Choice(one(tail), next);
        else
            tail = Repeat(one, next);
        for (var count = 0; count < minimum; count++) tail = one(tail);
        return tail;
    }

    /// <returns>The grammar, or null if a text of <paramref name="root"/> could never end.</returns>
    public Grammar? Build(int root)
    {
        var heights = NodeHeights.Of(_nodes!, _rules);
        return heights[_rules[root]] == NodeHeights.Endless ? null : new Grammar([.. _nodes!], [.. _rules], heights, root);
    }

    private int Add(GrammarNode? node)
    {
        _nodes.Add(node);
        return _nodes.Count - 1;
    }
}
