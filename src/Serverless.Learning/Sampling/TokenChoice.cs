using Serverless.Learning.Randomness;

namespace Serverless.Learning.Sampling;

/// <summary>Draws a token from logits: temperature, then top-k, then top-p, then min-p.</summary>
internal static class TokenChoice
{
    private static readonly int Module = ModuleKey.Of("sampling");

    /// <summary>A draw whose <see cref="TokenDraw.Run"/> is to come.</summary>
    /// <param name="choice">Which answer of the seed this is.</param>
    /// <param name="place">The number of the token in its answer.</param>
    public static TokenDraw Begin(SamplingOptions options, int choice, int place) => options.Temperature == 0 ? default : new TokenDraw
    {
        // Bounded, so that a temperature of next to nothing does not make the highest logit 0 times infinity.
        Scale = (float)Math.Min(1 / options.Temperature, 1e30),
        Uniform = new Philox(options.Seed, options.Step, Module).Double(((ulong)(uint)choice << 32) | (uint)place),
        IsCut = options.TopK != 0 || options.TopP < 1 || options.MinP > 0,
    };

    /// <summary>The token that was drawn, and the logarithm of the probability with which it was; 0 for the most likely one at temperature 0.</summary>
    /// <param name="draw">After its <see cref="TokenDraw.Run"/>.</param>
    /// <param name="weights">What that made of the logits.</param>
    public static (int Id, float LogProbability) End(TokenDraw draw, ReadOnlySpan<float> weights, SamplingOptions options)
    {
        if (!draw.IsCut) return (draw.Id, draw.LogProbability);
        var cut = TokenCut.Of(weights, options);
        var left = draw.Uniform * cut.Sum;
        var drawn = draw.MostLikely;
        foreach (var id in cut.Ids)
        {
            left -= weights[id];
            if (left >= 0) continue;
            drawn = id;
            break;
        }
        return (drawn, (float)Math.Log(weights[drawn] / cut.Sum));
    }
}
