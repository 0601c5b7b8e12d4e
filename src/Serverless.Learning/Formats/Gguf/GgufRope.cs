using Serverless.Learning.Models.Positions;

namespace Serverless.Learning.Formats.Gguf;

/// <summary>
/// Rotary positions as GGUF describes them: base and scaling as keys, and the divisors of Llama 3 and LongRoPE as tensors.
/// </summary>
/// <param name="settings">Of the layers that attend to everything.</param>
internal sealed class GgufRope(RotarySettings settings, int promisedLength)
{
    /// <summary>Keys, without the architecture in front.</summary>
    public IEnumerable<KeyValuePair<string, object>> Keys()
    {
        yield return new("rope.freq_base", (float)settings.Base);
        switch (settings.Scaling)
        {
            case LinearScaling linear:
                yield return new("rope.scaling.type", "linear");
                yield return new("rope.scaling.factor", (float)linear.Factor);
                break;
            case YarnScaling yarn:
                yield return new("rope.scaling.type", "yarn");
                yield return new("rope.scaling.factor", (float)yarn.Factor);
                yield return new("rope.scaling.original_context_length", (uint)yarn.OriginalLength);
                // llama.cpp multiplies this with the recommended factor, which it computes itself.
                var beside = (float)(yarn.AttentionFactor / YarnScaling.Recommended(yarn.Factor));
                if (Math.Abs(beside - 1) > 1e-6)
                    yield return new("rope.scaling.attn_factor", beside);
                break;
            case LongRopeScaling longRope:
                yield return new("rope.scaling.original_context_length", (uint)longRope.OriginalLength);
                yield return new("rope.scaling.attn_factor", (float)longRope.AttentionFactor);
                break;
        }
    }

    /// <summary>Tensors of divisors, [size / 2] each.</summary>
    public IEnumerable<(string Name, float[] Values)> Divisors()
    {
        if (settings.Scaling is Llama3Scaling llama3)
            yield return ("rope_freqs.weight", Floats(llama3.Divisors((settings with { Scaling = null }).Frequencies())));
        if (settings.Scaling is LongRopeScaling longRope)
        {
            yield return ("rope_factors_long.weight", Floats(longRope.LongFactors));
            yield return ("rope_factors_short.weight", Floats(longRope.ShortFactors));
        }
    }

    /// <summary>What the architecture does not compute.</summary>
    public IEnumerable<string> Faults(string architecture)
    {
        if (settings.Scaling is Llama3Scaling && architecture != "llama")
            yield return $"config.json, rope_scaling: found llama3; GGUF's {architecture} has no such scaling";
        if (settings.Scaling is LongRopeScaling && architecture != "phi3")
            yield return $"config.json, rope_scaling: found longrope; GGUF's {architecture} has no such scaling";
        if (settings.Scaling is YarnScaling && architecture is "gemma2" or "gemma3" or "phi3")
            yield return $"config.json, rope_scaling: found yarn; GGUF's {architecture} has no such scaling";
        if (settings.Scaling is YarnScaling { } yarn && (yarn.BetaFast != 32 || yarn.BetaSlow != 1))
            yield return $"config.json, rope_scaling: found beta_fast {yarn.BetaFast} and beta_slow {yarn.BetaSlow}; GGUF export knows 32 and 1";
        if (settings.Scaling is LongRopeScaling { } scaling && scaling.OriginalLength > promisedLength)
            yield return $"config.json, original_max_position_embeddings: found {scaling.OriginalLength}; allowed: at most max_position_embeddings ({promisedLength})";
    }

    private static float[] Floats(IEnumerable<double> values) => values.Select(value => (float)value).ToArray();
}
