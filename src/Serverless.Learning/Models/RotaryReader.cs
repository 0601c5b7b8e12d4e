using Serverless.Learning.Models.Positions;

namespace Serverless.Learning.Models;

/// <summary>
/// Rotary positions as <c>config.json</c> spells them: <c>rope_theta</c> and <c>rope_scaling</c>, or <c>rope_parameters</c> that hold both, in
/// newer files one for each kind of layer.
/// </summary>
/// <param name="promised">The longest context that the configuration promises, in tokens.</param>
/// <param name="chosen">The context that the model is to be run in, if its caller has chosen one.</param>
internal sealed class RotaryReader(ConfigFields fields, string family, int headSize, int promised, int? chosen)
{
    private const string FullLayers = "full_attention";
    private const string SlidingLayers = "sliding_attention";

    /// <summary>How far a factor may be from the quotient that it stands for, as a share of it.</summary>
    private const double FactorRounding = 1e-3;

    /// <summary>The context that the original model was trained in, where the scaling names one; otherwise null.</summary>
    private int? Original => fields.OptionalWhole("original_max_position_embeddings");

    /// <summary>Positions of the layers that attend to everything.</summary>
    public RotarySettings ReadFull(double defaultBase)
    {
        var ofAll = fields.OptionalNumber("rope_theta") ?? defaultBase;
        var older = fields.Object("rope_scaling");
        if (fields.Object("rope_parameters") is not { } parameters) return Read(older, ofAll);
        var settings = Read(parameters.Object(FullLayers) ?? parameters, ofAll);
        // Programs differ in which of the two they believe.
        if (older is not null && fields.Faults.Count == 0 && Read(older, settings.Base) != settings)
            fields.Refuse("rope_scaling", "another scaling than in rope_parameters", "the same in both, or one of them");
        return settings;
    }

    /// <summary>Positions of the layers with a sliding window; null where they are those of the others.</summary>
    /// <param name="defaultBase">The base that the family gives them if the file does not; null where the family has only one.</param>
    public RotarySettings? ReadLocal(double? defaultBase)
    {
        var parameters = fields.Object("rope_parameters")?.Object(SlidingLayers);
        if (parameters is null && defaultBase is null) return null;
        return Read(parameters, fields.OptionalNumber("rope_local_base_freq") ?? defaultBase ?? 10000);
    }

    private RotarySettings Read(ConfigFields? scaling, double defaultBase)
    {
        var part = scaling?.OptionalNumber("partial_rotary_factor") ?? fields.OptionalNumber("partial_rotary_factor") ?? 1;
        var size = (int)(headSize * part);
        if (part > 1 || size % 2 != 0)
        {
            fields.Refuse("partial_rotary_factor", $"{part:R}", "a share of the head that is an even number of channels");
            // What else is wrong is said of a whole head: no list has to be as long as any number.
            size = headSize;
        }
        return new RotarySettings(scaling?.OptionalNumber("rope_theta") ?? defaultBase, size, scaling is null ? null : ReadScaling(scaling, size));
    }

    private RotaryScaling? ReadScaling(ConfigFields scaling, int size)
    {
        var type = scaling.Text("rope_type") ?? scaling.Text("type") ?? "default";
        // Phi-3 called LongRoPE "su" first and "yarn" for a while; its files carry the two lists of factors in either case.
        if (type == "su" || (type == "yarn" && family == "phi3")) type = "longrope";
        switch (type)
        {
            case "default":
                return null;
            case "linear":
                return new LinearScaling(scaling.Number("factor"));
            case "llama3":
                return new Llama3Scaling(
                    scaling.Number("factor"), scaling.Number("low_freq_factor"), scaling.Number("high_freq_factor"),
                    scaling.Whole("original_max_position_embeddings"));
            case "yarn":
                return ReadYarn(scaling);
            case "longrope":
                return ReadLongRope(scaling, size);
            default:
                scaling.Refuse("rope_type", type, "default, linear, llama3, yarn, longrope");
                return null;
        }
    }

    private YarnScaling ReadYarn(ConfigFields scaling)
    {
        if (!scaling.Flag("truncate", true)) scaling.Refuse("truncate", "false", "true");
        var factor = scaling.Number("factor");
        var attention = scaling.OptionalNumber("attention_factor")
            ?? (scaling.OptionalNumber("mscale") is { } weight && scaling.OptionalNumber("mscale_all_dim") is { } ofAll
                ? YarnScaling.Recommended(factor, weight) / YarnScaling.Recommended(factor, ofAll)
                : YarnScaling.Recommended(factor));
        return new YarnScaling(
            factor, scaling.OptionalWhole("original_max_position_embeddings") ?? promised,
            scaling.OptionalNumber("beta_fast") ?? 32, scaling.OptionalNumber("beta_slow") ?? 1, attention);
    }

    private LongRopeScaling ReadLongRope(ConfigFields scaling, int size)
    {
        var original = Original ?? scaling.Whole("original_max_position_embeddings");
        var stretch = (double)promised / original;
        // From which of the two the attention factor follows, versions of transformers disagree.
        if (scaling.OptionalNumber("factor") is { } factor && !scaling.Has("attention_factor") && Math.Abs(factor - stretch) > FactorRounding * stretch)
            scaling.Refuse("factor", $"{factor:R}", $"{stretch:R}, max_position_embeddings ({promised}) over original_max_position_embeddings ({original})");
        return new LongRopeScaling(
            scaling.Numbers("short_factor", size / 2), scaling.Numbers("long_factor", size / 2), original,
            scaling.OptionalNumber("attention_factor") ?? LongRopeScaling.Recommended(promised, original), chosen > original);
    }
}
