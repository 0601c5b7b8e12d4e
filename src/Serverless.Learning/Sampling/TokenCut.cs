namespace Serverless.Learning.Sampling;

/// <summary>The tokens that top-k, top-p and min-p leave to be drawn from, most likely first, equal ones by id.</summary>
/// <param name="Sum">The sum of their weights.</param>
internal sealed record TokenCut(int[] Ids, double Sum)
{
    /// <param name="weights">V unnormalised probabilities, of which the largest is 1.</param>
    public static TokenCut Of(ReadOnlySpan<float> weights, SamplingOptions options)
    {
        var total = 0.0;
        foreach (var weight in weights) total += weight;
        var leading = Leading(weights, options, options.TopP * total);
        var order = leading.Select(candidate => candidate.Id).ToArray();
        var sorted = leading.Select(candidate => candidate.Weight).ToArray();

        var kept = options.TopK > 0 ? Math.Min(sorted.Length, options.TopK) : sorted.Length;
        if (options.TopP < 1)
        {
            var enough = options.TopP * (options.TopK > 0 ? sorted.Take(kept).Sum() : total);
            var (rank, sum) = (0, 0.0);
            while (rank < kept && (rank == 0 || sum < enough)) sum += sorted[rank++];
            kept = rank;
        }
        while (kept > 1 && sorted[kept - 1] < options.MinP) kept--;
        return new TokenCut(order[..kept], sorted.Take(kept).Sum());
    }

    /// <summary>As many of the most likely tokens as can be needed, sorted: the few above a falling bound instead of the whole vocabulary.</summary>
    private static List<(int Id, double Weight)> Leading(ReadOnlySpan<float> weights, SamplingOptions options, double enough)
    {
        for (var bound = 1 / 16.0; ; bound = bound > 1e-18 ? bound / 16 : 0)
        {
            var above = new List<(int Id, double Weight)>();
            var sum = 0.0;
            for (var id = 0; id < weights.Length; id++)
            {
                if (weights[id] < bound || weights[id] == 0) continue;
                above.Add((id, weights[id]));
                sum += weights[id];
            }
            var reached = options.TopK > 0 ? above.Count >= options.TopK : options.TopP < 1 && sum >= enough;
            var belowMinP = options.TopK == 0 && bound <= options.MinP;
            if (!reached && !belowMinP && bound > 0) continue;
            above.Sort((left, right) => right.Weight != left.Weight ? right.Weight.CompareTo(left.Weight) : left.Id.CompareTo(right.Id));
            return above;
        }
    }
}
