using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Serverless.Learning.Kernels;
using Serverless.Learning.Randomness;

namespace Serverless.Learning.Sampling;

/// <summary>Draws a token from logits: temperature, then top-k, then top-p, then min-p.</summary>
internal static class TokenChoice
{
    private const int Lanes = 16;
    private static readonly int Module = ModuleKey.Of("sampling");

    /// <param name="logits">V values.</param>
    /// <param name="choice">Which answer of the seed this is.</param>
    /// <param name="place">The number of the token in its answer.</param>
    /// <returns>The token and the logarithm of the probability with which it was drawn; 0 for the most likely one at temperature 0.</returns>
    public static (int Id, float LogProbability) Draw(ReadOnlySpan<float> logits, SamplingOptions options, int choice, int place)
    {
        var best = MostLikely(logits);
        if (options.Temperature == 0) return (best, 0);
        var rented = ArrayPool<float>.Shared.Rent(logits.Length);
        try
        {
            var weights = rented.AsSpan(0, logits.Length);
            // Bounded, so that a temperature of next to nothing does not make the highest logit 0 times infinity.
            Weigh(logits, logits[best], (float)Math.Min(1 / options.Temperature, 1e30), weights);
            var uniform = new Philox(options.Seed, options.Step, Module).Double(((ulong)(uint)choice << 32) | (uint)place);
            if (options.TopK == 0 && options.TopP >= 1 && options.MinP <= 0) return OfAll(weights, best, uniform);
            var cut = TokenCut.Of(weights, options);
            return OfCut(cut, weights, best, uniform);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(rented);
        }
    }

    private static (int Id, float LogProbability) OfCut(TokenCut cut, ReadOnlySpan<float> weights, int best, double uniform)
    {
        var left = uniform * cut.Sum;
        var drawn = best;
        foreach (var id in cut.Ids)
        {
            left -= weights[id];
            if (left >= 0) continue;
            drawn = id;
            break;
        }
        return (drawn, (float)Math.Log(weights[drawn] / cut.Sum));
    }

    /// <summary>Finds the block of tokens that the draw falls into, and the token within it.</summary>
    private static (int Id, float LogProbability) OfAll(ReadOnlySpan<float> weights, int best, double uniform)
    {
        var sum = 0.0;
        for (var from = 0; from < weights.Length; from += Lanes) sum += SumOf(weights, from);
        var left = uniform * sum;
        var drawn = best;
        for (var from = 0; from < weights.Length; from += Lanes)
        {
            var block = SumOf(weights, from);
            if (left >= block)
            {
                left -= block;
                continue;
            }
            // The block's sum is rounded: what is left may lie behind its last token by a hair, which is then the one.
            for (var id = from; id < Math.Min(from + Lanes, weights.Length); id++)
            {
                if (weights[id] == 0) continue;
                drawn = id;
                left -= weights[id];
                if (left < 0) break;
            }
            break;
        }
        return (drawn, (float)Math.Log(weights[drawn] / sum));
    }

    private static double SumOf(ReadOnlySpan<float> weights, int from)
    {
        if (from + Lanes <= weights.Length) return Vector512.Sum(Vector512.Create(weights.Slice(from, Lanes)));
        var sum = 0f;
        foreach (var weight in weights[from..]) sum += weight;
        return sum;
    }

    /// <summary>exp((logit - highest) / temperature), so that the largest weight is 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Weigh(ReadOnlySpan<float> logits, float highest, float scale, Span<float> weights)
    {
        var at = 0;
        for (; at <= logits.Length - Lanes; at += Lanes)
            VectorMath.Exp((Vector512.Create(logits.Slice(at, Lanes)) - Vector512.Create(highest)) * scale).CopyTo(weights.Slice(at, Lanes));
        Span<float> rest = stackalloc float[Lanes];
        rest.Fill(float.NegativeInfinity);
        logits[at..].CopyTo(rest);
        VectorMath.Exp((Vector512.Create<float>(rest) - Vector512.Create(highest)) * scale).CopyTo(rest);
        rest[..(logits.Length - at)].CopyTo(weights[at..]);
    }

    private static int MostLikely(ReadOnlySpan<float> logits)
    {
        var at = 0;
        var lanes = Vector512.Create(float.NegativeInfinity);
        for (; at <= logits.Length - Lanes; at += Lanes) lanes = Vector512.Max(lanes, Vector512.Create(logits.Slice(at, Lanes)));
        var highest = LaneMaximum.Of(lanes);
        for (; at < logits.Length; at++) highest = Math.Max(highest, logits[at]);
        return Math.Max(0, logits.IndexOf(highest));
    }
}
