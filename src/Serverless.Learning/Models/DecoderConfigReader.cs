using System.Text.Json;

namespace Serverless.Learning.Models;

/// <summary>Turns the fields of a <c>config.json</c> into a <see cref="DecoderConfig"/>, naming all that is missing or not supported in one error.</summary>
internal sealed class DecoderConfigReader
{
    // Bounds of sizes from unknown hands, far beyond any published model: what is made of them by layer, head or position stays small.
    private const int MostLayers = 1024, MostHeads = 1 << 14, MostHeadSize = 1 << 14, MostWidth = 1 << 20, MostInnerWidth = 1 << 23, MostTokens = 1 << 24;

    private readonly ConfigFields root;
    private readonly ConfigFields fields;
    private readonly string family;
    private readonly FamilyDefaults defaults;

    private DecoderConfigReader(ConfigFields root)
    {
        this.root = root;
        var type = root.Text("model_type") ?? "nothing";
        // A model that sees as well keeps its text model's fields in an object of their own.
        fields = type == "gemma3" && root.Object("text_config") is { } text ? text : root;
        family = type == "gemma3" ? "gemma3_text" : type;
        if (FamilyDefaults.Find(family) is not { } known)
            throw new InputError($"config.json, model_type: found {type}; allowed: {string.Join(", ", FamilyDefaults.Names)}, gemma3");
        defaults = known;
        CheckArchitecture(type);
    }

    /// <exception cref="InputError">One line for each field that is missing or not supported.</exception>
    public static DecoderConfig Read(JsonElement root, int? context)
    {
        if (root.ValueKind != JsonValueKind.Object) throw new InputError($"config.json: found {root.ValueKind}; allowed: an object");
        var faults = new List<string>();
        var config = new DecoderConfigReader(new ConfigFields(root, "", faults)).Read(context);
        return faults.Count == 0 ? config : throw new InputError(string.Join('\n', faults));
    }

    private DecoderConfig Read(int? context)
    {
        context ??= root.OptionalWhole(DecoderConfig.ContextField, most: MostTokens);
        var width = fields.Whole("hidden_size", most: MostWidth);
        var heads = fields.Whole("num_attention_heads", defaults.Heads, MostHeads);
        var keyValueHeads = fields.OptionalWhole("num_key_value_heads", most: MostHeads) ?? defaults.KeyValueHeads ?? heads;
        var headSize = fields.OptionalWhole("head_dim", most: MostHeadSize) ?? defaults.HeadSize ?? width / heads;
        if (fields.Faults.Count == 0 && heads % keyValueHeads != 0)
            fields.Refuse("num_key_value_heads", $"{keyValueHeads}", $"a divisor of num_attention_heads ({heads})");
        RefuseWhatIsNotComputed();

        var layers = fields.Whole("num_hidden_layers", most: MostLayers);
        var promised = fields.Whole("max_position_embeddings", defaults.PromisedLength, MostTokens);
        var (window, sliding) = Windows(layers);
        var positions = new RotaryReader(fields, family, headSize, promised, context);
        var rotary = positions.ReadFull(defaults.RotaryBase);
        var length = context ?? (rotary.Scaling is Positions.LongRopeScaling scaling ? Math.Min(scaling.OriginalLength, promised) : promised);
        if (length > promised) fields.Refuse("max_position_embeddings", $"{promised}", $"at least the context asked for ({length})");
        var biased = fields.Flag("attention_bias");
        return new DecoderConfig
        {
            Family = family,
            VocabularySize = fields.Whole("vocab_size", defaults.VocabularySize, MostTokens),
            Width = width,
            InnerWidth = fields.Whole("intermediate_size", most: MostInnerWidth),
            Layers = layers,
            Heads = heads,
            KeyValueHeads = keyValueHeads,
            HeadSize = headSize,
            NormEpsilon = fields.OptionalNumber("rms_norm_eps") ?? defaults.NormEpsilon,
            Rotary = rotary,
            LocalRotary = positions.ReadLocal(defaults.LocalRotaryBase),
            MaxLength = length,
            PromisedLength = promised,
            TiedHead = fields.Flag("tie_word_embeddings", root.Flag("tie_word_embeddings", defaults.Tied)),
            QueryKeyValueBias = defaults.AlwaysBiased || biased,
            OutputBias = biased && !defaults.AlwaysBiased,
            QueryKeyNorms = defaults.QueryKeyNorms,
            FusedProjections = defaults.Fused,
            BranchNorms = defaults.IsGemma,
            NormsAddOne = defaults.IsGemma,
            ScaledEmbedding = defaults.IsGemma,
            Activation = defaults.IsGemma ? Activation.GeluTanh : Activation.Silu,
            AttentionScale = defaults.IsGemma ? 1 / Math.Sqrt(fields.OptionalNumber("query_pre_attn_scalar") ?? 256) : 1 / Math.Sqrt(headSize),
            AttentionSoftCap = SoftCap("attn_logit_softcapping", defaults.AttentionSoftCap),
            LogitSoftCap = SoftCap("final_logit_softcapping", defaults.LogitSoftCap),
            Window = window,
            SlidingLayers = sliding,
            EndIds = root.Has("eos_token_id") ? root.Ids("eos_token_id") : fields.Ids("eos_token_id"),
        };
    }

    /// <summary>A null in the file means none; only an absent field gives way to the family's value.</summary>
    private double? SoftCap(string field, double? fallback) => fields.IsNull(field) ? null : fields.OptionalNumber(field) ?? fallback;

    private void CheckArchitecture(string type)
    {
        var allowed = type == "gemma3" ? "Gemma3ForConditionalGeneration" : defaults.Architecture;
        if (root.Texts("architectures") is { Count: > 0 } found && !found.Contains(allowed))
            root.Refuse("architectures", string.Join(", ", found), allowed);
    }

    private void RefuseWhatIsNotComputed()
    {
        var activation = defaults.IsGemma ? "gelu_pytorch_tanh" : "silu";
        var field = defaults.IsGemma && fields.Has("hidden_activation") ? "hidden_activation" : "hidden_act";
        if (fields.Text(field) is { } found && found != activation) fields.Refuse(field, found, activation);
        if (fields.Flag("mlp_bias")) fields.Refuse("mlp_bias", "true", "false");
        if (defaults.Fused && fields.Flag("attention_bias")) fields.Refuse("attention_bias", "true", "false");
        if (fields.Has("use_bidirectional_attention") && fields.Flag("use_bidirectional_attention"))
            fields.Refuse("use_bidirectional_attention", "true", "false");
        if (root.Has("quantization_config")) root.Refuse("quantization_config", "one", "none: weights in bf16, f16 or f32");
    }

    private (int? Window, IReadOnlyList<bool> SlidingLayers) Windows(int layers)
    {
        var window = fields.IsNull("sliding_window") ? null : fields.OptionalWhole("sliding_window") ?? defaults.Window;
        if (defaults.OptionalWindow && !fields.Flag("use_sliding_window")) window = null;
        var slides = defaults.SlidesEverywhere || defaults.OptionalWindow || defaults.FullEvery is not null;
        if (window is null || !slides) return (null, []);
        if (fields.Texts("layer_types") is { } types) return (window, FromTypes(types, layers));
        var firstSliding = defaults.OptionalWindow ? fields.OptionalWhole("max_window_layers", least: 0) ?? 28 : 0;
        var fullEvery = defaults.FullEvery is { } usual ? fields.OptionalWhole("sliding_window_pattern") ?? usual : int.MaxValue;
        return (window, Enumerable.Range(0, layers).Select(layer => layer >= firstSliding && (layer + 1) % fullEvery != 0).ToArray());
    }

    private bool[] FromTypes(IReadOnlyList<string> types, int layers)
    {
        var unknown = types.Where(type => type is not ("sliding_attention" or "full_attention")).Distinct().ToList();
        if (unknown.Count > 0) fields.Refuse("layer_types", string.Join(", ", unknown), "full_attention, sliding_attention");
        if (types.Count != layers) fields.Refuse("layer_types", $"{types.Count} of them", $"{layers}, one for each layer");
        return types.Select(type => type == "sliding_attention").ToArray();
    }
}
