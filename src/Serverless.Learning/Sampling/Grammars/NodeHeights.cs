namespace Serverless.Learning.Sampling.Grammars;

/// <summary>
/// How many calls deep the shallowest text from each node to the end of its rule is: what is begun must be possible to end within the bound of
/// nesting.
/// </summary>
internal static class NodeHeights
{
    public const int Endless = int.MaxValue;

    /// <summary>The least fixed point, found by relaxing until nothing changes; nodes refer backwards for the most part, so few rounds are needed.</summary>
    public static int[] Of(IReadOnlyList<GrammarNode> nodes, IReadOnlyList<int> rules)
    {
        var heights = new int[nodes.Count];
        Array.Fill(heights, Endless);
        for (var changed = true; changed;)
        {
            changed = false;
            for (var node = 0; node < nodes.Count; node++)
            {
                var height = nodes[node] switch
                {
                    GrammarNode.Return => 0,
                    GrammarNode.Bytes bytes => heights[bytes.Next],
                    GrammarNode.Choice choice => choice.Alternatives.Min(alternative => heights[alternative]),
                    GrammarNode.Call call => Math.Max(Below(heights[rules[call.Rule]]), heights[call.Next]),
                    _ => throw new InvalidOperationException("unknown node"),
                };
                changed |= height < heights[node];
                heights[node] = Math.Min(heights[node], height);
            }
        }
        return heights;
    }

    private static int Below(int height) => height == Endless ? Endless : height + 1;
}
