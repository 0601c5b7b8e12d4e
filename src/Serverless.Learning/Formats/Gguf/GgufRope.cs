using System.Text.Json;

namespace Serverless.Learning.Formats.Gguf;

/// <summary>
/// Rotary embedding (arXiv:2104.09864) as GGUF describes it: its base and scaling as keys, and Llama 3's scaling as a tensor of divisors.
/// </summary>
/// <param name="Keys">Without the architecture in front.</param>
/// <param name="Base">The frequencies' base, theta.</param>
/// <param name="Llama3">The scaling's parameters if its type is <c>llama3</c>.</param>
internal sealed record GgufRope(IReadOnlyList<KeyValuePair<string, object>> Keys, double Base, GgufRope.Llama3Scaling? Llama3)
{
    public sealed record Llama3Scaling(double Factor, double LowFrequencyFactor, double HighFrequencyFactor, double OriginalContext);

    /// <param name="config">The root of config.json: <c>rope_theta</c> and <c>rope_scaling</c>, or <c>rope_parameters</c> of newer files.</param>
    /// <exception cref="InputError">A scaling that is not exported.</exception>
    public static GgufRope Read(JsonElement config)
    {
        var scaling = config.Member("rope_parameters") ?? config.Member("rope_scaling");
        double Parameter(string name, double? fallback = null) => scaling?.Member(name) is { ValueKind: JsonValueKind.Number } value
            ? value.GetDouble()
            : fallback ?? throw new InputError($"config.json, rope_scaling.{name}: missing; allowed: a number");

        var theta = scaling?.Member("rope_theta") is { ValueKind: JsonValueKind.Number } nested ? nested.GetDouble()
            : config.Member("rope_theta") is { ValueKind: JsonValueKind.Number } direct ? direct.GetDouble()
            : 10_000; // transformers' default for every family exported here
        List<KeyValuePair<string, object>> keys = [new("rope.freq_base", (float)theta)];
        Llama3Scaling? llama3 = null;
        switch (scaling?.Text("rope_type") ?? scaling?.Text("type"))
        {
            case null or "default":
                break;
            case "linear":
                keys.Add(new("rope.scaling.type", "linear"));
                keys.Add(new("rope.scaling.factor", (float)Parameter("factor")));
                break;
            case "llama3":
                llama3 = new(
                    Parameter("factor"), Parameter("low_freq_factor"), Parameter("high_freq_factor"), Parameter("original_max_position_embeddings"));
                break;
            case "yarn":
                keys.Add(new("rope.scaling.type", "yarn"));
                keys.Add(new("rope.scaling.factor", (float)Parameter("factor")));
                keys.Add(new("rope.scaling.original_context_length", (uint)Parameter("original_max_position_embeddings")));
                break;
            case var other:
                throw new InputError($"config.json, rope_scaling.rope_type: found {Quoted.Name(other)}; GGUF export knows default, linear, llama3, yarn");
        }

        return new GgufRope(keys, theta, llama3);
    }

    /// <summary>
    /// What each of the head's frequencies is divided by (Llama 3.1's reference code, <c>apply_scaling</c>): 1 for short wavelengths, the
    /// factor for long ones, and between the two a smooth passage. Null unless the scaling is Llama 3's.
    /// </summary>
    /// <returns>[head width / 2]</returns>
    public float[]? Divisors(int headWidth)
    {
        if (Llama3 is not { } scaling)
            return null;
        var divisors = new float[headWidth / 2];
        for (var i = 0; i < divisors.Length; i++)
        {
            var wavelength = 2 * Math.PI * Math.Pow(Base, 2.0 * i / headWidth);
            var rotations = scaling.OriginalContext / wavelength;
            if (rotations > scaling.HighFrequencyFactor)
                divisors[i] = 1;
            else if (rotations < scaling.LowFrequencyFactor)
                divisors[i] = (float)scaling.Factor;
            else
            {
                var smooth = (rotations - scaling.LowFrequencyFactor) / (scaling.HighFrequencyFactor - scaling.LowFrequencyFactor);
                divisors[i] = (float)(1 / ((1 - smooth) / scaling.Factor + smooth));
            }
        }

        return divisors;
    }
}
