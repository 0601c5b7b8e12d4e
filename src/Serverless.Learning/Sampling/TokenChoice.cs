using System.Buffers;
using Serverless.Learning.Randomness;

namespace Serverless.Learning.Sampling;

/// <summary>Draws a token from logits: temperature, then top-k, then top-p, then min-p.</summary>
internal static class TokenChoice
{
    private static readonly int Module = ModuleKey.Of("sampling");

    /// <param name="logits">V values.</param>
    /// <param name="choice">Which answer of the seed this is.</param>
    /// <param name="place">The number of the token in its answer.</param>
    /// <returns>The token and the logarithm of the probability with which it was drawn; 0 for the most likely one at temperature 0.</returns>
    public static (int Id, float LogProbability) Draw(ReadOnlySpan<float> logits, SamplingOptions options, int choice, int place)
    {
        var best = MostLikely(logits);
        if (options.Temperature == 0) return (best, 0);
        var rented = ArrayPool<double>.Shared.Rent(logits.Length);
        try
        {
            var weights = rented.AsSpan(0, logits.Length);
            for (var id = 0; id < weights.Length; id++) weights[id] = Math.Exp((logits[id] - logits[best]) / options.Temperature);
            var uniform = new Philox(options.Seed, options.Step, Module).Double(((ulong)(uint)choice << 32) | (uint)place);
            var cut = options.TopK > 0 || options.TopP < 1 || options.MinP > 0 ? TokenCut.Of(weights, options) : null;
            var sum = cut is null ? Sum(weights) : cut.Sum;
            var left = uniform * sum;
            var drawn = best;
            for (var rank = 0; rank < (cut?.Ids.Length ?? weights.Length); rank++)
            {
                var id = cut is null ? rank : cut.Ids[rank];
                left -= weights[id];
                if (left >= 0) continue;
                drawn = id;
                break;
            }
            return (drawn, (float)Math.Log(weights[drawn] / sum));
        }
        finally
        {
            ArrayPool<double>.Shared.Return(rented);
        }
    }

    private static int MostLikely(ReadOnlySpan<float> logits)
    {
        var best = 0;
        for (var id = 1; id < logits.Length; id++)
            if (logits[id] > logits[best]) best = id;
        return best;
    }

    private static double Sum(ReadOnlySpan<double> values)
    {
        var sum = 0.0;
        foreach (var value in values) sum += value;
        return sum;
    }
}
