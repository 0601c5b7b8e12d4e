using Serverless.Learning.Randomness;

namespace Serverless.Learning.Sampling;

/// <summary>Draws a token from logits: temperature, then top-k, then top-p.</summary>
internal static class TokenChoice
{
    private static readonly int Module = ModuleKey.Of("sampling");

    /// <param name="logits">V values; used as scratch.</param>
    /// <param name="choice">Which answer of the seed this is.</param>
    /// <param name="place">The number of the token in its answer.</param>
    public static int Draw(Span<float> logits, SamplingOptions options, int choice, int place)
    {
        if (options.Temperature == 0) return MostLikely(logits);
        var order = Enumerable.Range(0, logits.Length).ToArray();
        var highest = logits[MostLikely(logits)];
        var weights = new double[logits.Length];
        for (var id = 0; id < weights.Length; id++) weights[id] = Math.Exp((logits[id] - highest) / options.Temperature);
        var kept = weights.Length;
        if (options.TopK > 0 || options.TopP < 1)
        {
            Array.Sort(weights, order, Comparer<double>.Create((left, right) => right.CompareTo(left)));
            if (options.TopK > 0) kept = Math.Min(kept, options.TopK);
            kept = Math.Min(kept, Nucleus(weights.AsSpan(0, kept), options.TopP));
        }
        var left = new Philox(options.Seed, choice, Module).Double((ulong)place) * Sum(weights.AsSpan(0, kept));
        for (var rank = 0; rank < kept; rank++)
        {
            left -= weights[rank];
            if (left < 0) return order[rank];
        }
        return order[kept - 1];
    }

    private static int MostLikely(ReadOnlySpan<float> logits)
    {
        var best = 0;
        for (var id = 1; id < logits.Length; id++)
            if (logits[id] > logits[best]) best = id;
        return best;
    }

    private static int Nucleus(ReadOnlySpan<double> descending, double topP)
    {
        if (topP >= 1) return descending.Length;
        var enough = topP * Sum(descending);
        var sum = 0.0;
        for (var rank = 0; rank < descending.Length; rank++)
        {
            sum += descending[rank];
            if (sum >= enough) return rank + 1;
        }
        return descending.Length;
    }

    private static double Sum(ReadOnlySpan<double> values)
    {
        var sum = 0.0;
        foreach (var value in values) sum += value;
        return sum;
    }
}
