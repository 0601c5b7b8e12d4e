using Serverless.Learning.Models;

namespace Serverless.Learning.Formats.Gguf;

/// <summary>What GGUF calls a model family, and the keys that describe one of its models.</summary>
internal sealed class GgufArchitecture
{
    private readonly DecoderConfig config;

    private GgufArchitecture(string name, DecoderConfig config)
    {
        Name = name;
        this.config = config;
        Rope = new GgufRope(config.Rotary, config.PromisedLength);
    }

    /// <summary><c>general.architecture</c>, and the first part of the family's keys.</summary>
    public string Name { get; }

    public GgufRope Rope { get; }

    /// <summary>
    /// Whether rows of the query and key projections change places: ggml's <c>llama</c> turns neighbouring elements of a head together,
    /// Hugging Face's turns element i with i + half; the others of ggml do as Hugging Face does.
    /// </summary>
    public bool InterleavesRotary => Name == "llama";

    public bool IsGemma => Name is "gemma2" or "gemma3";

    /// <exception cref="InputError">The model asks for something that the family's architecture in GGUF does not compute; all of it is listed.</exception>
    public static GgufArchitecture Of(DecoderConfig config)
    {
        var architecture = new GgufArchitecture(
            config.Family switch { "llama" or "mistral" => "llama", "gemma3_text" => "gemma3", var same => same }, config);
        var faults = architecture.Faults().ToList();
        return faults.Count == 0 ? architecture : throw new InputError(string.Join('\n', faults));
    }

    /// <summary>The family's keys.</summary>
    public IEnumerable<KeyValuePair<string, object>> Keys()
    {
        yield return Key("block_count", (uint)config.Layers);
        yield return Key("context_length", (uint)ContextLength);
        yield return Key("embedding_length", (uint)config.Width);
        yield return Key("feed_forward_length", (uint)config.InnerWidth);
        yield return Key("attention.head_count", (uint)config.Heads);
        yield return Key("attention.head_count_kv", (uint)config.KeyValueHeads);
        yield return Key("attention.key_length", (uint)config.HeadSize);
        yield return Key("attention.value_length", (uint)config.HeadSize);
        yield return Key("attention.layer_norm_rms_epsilon", (float)config.NormEpsilon);
        yield return Key("vocab_size", (uint)config.VocabularySize);
        yield return Key("rope.dimension_count", (uint)config.Rotary.Size);
        foreach (var entry in Rope.Keys())
            yield return Key(entry.Key, entry.Value);
        if (IsGemma)
            yield return Key("attention.sliding_window", (uint)(config.Window ?? config.PromisedLength));
        if (Name == "phi3") // llama.cpp computes no window there since May 2025; before, it wanted the key, 0 for none
            yield return Key("attention.sliding_window", (uint)(HasWindow ? config.Window!.Value : 0));
        if (config.AttentionSoftCap is { } scores)
            yield return Key("attn_logit_softcapping", (float)scores);
        if (config.LogitSoftCap is { } logits)
            yield return Key("final_logit_softcapping", (float)logits);
    }

    private bool HasWindow => config.Window < config.PromisedLength && config.SlidingLayers.Contains(true);

    /// <summary>
    /// Architectures without a sliding window answer as the model does for as long as a text fits into the window; so that is the context
    /// they declare.
    /// </summary>
    private int ContextLength => !IsGemma && HasWindow ? config.Window!.Value : config.PromisedLength;

    /// <summary>What llama.cpp multiplies scores by: 1 / sqrt(head width), in the largest Gemma of a generation 1 / sqrt(D / heads).</summary>
    private double KnownScale => (Name, config.Layers) is ("gemma2", 46) or ("gemma3", 62)
        ? 1 / Math.Sqrt(config.Width / config.Heads)
        : 1 / Math.Sqrt(config.HeadSize);

    private IEnumerable<string> Faults()
    {
        foreach (var fault in Rope.Faults(Name))
            yield return fault;
        if (Math.Abs(config.AttentionScale / KnownScale - 1) > 1e-6)
            yield return $"config.json, query_pre_attn_scalar: found {Math.Pow(config.AttentionScale, -2):g6}; GGUF's {Name} means {Math.Pow(KnownScale, -2):g6}";
        if (InterleavesRotary && config.Rotary.Size != config.HeadSize)
            yield return $"config.json, partial_rotary_factor: found {config.Rotary.Size} of {config.HeadSize} channels; GGUF's {Name} turns all";
        if (config.QueryKeyValueBias && Name is not ("llama" or "qwen2"))
            yield return $"config.json, attention_bias: found true; GGUF's {Name} has none";
        if (!IsGemma)
            yield break;
        if (!config.TiedHead)
            yield return $"config.json, tie_word_embeddings: found false; GGUF's {Name} means true";
        var fullEvery = Name == "gemma2" ? 2 : 6;
        if (config.Window is not null && Enumerable.Range(0, config.Layers).Any(layer => config.Slides(layer) != ((layer + 1) % fullEvery != 0)))
            yield return $"config.json, layer_types: GGUF's {Name} lets layers slide, except for one in {fullEvery}";
        if (Name == "gemma2" && (config.AttentionSoftCap is null || config.LogitSoftCap is null))
            yield return "config.json, attn_logit_softcapping, final_logit_softcapping: found null; GGUF's gemma2 means numbers";
        if (Name == "gemma3" && (config.AttentionSoftCap is not null || config.LogitSoftCap is not null))
            yield return "config.json, attn_logit_softcapping, final_logit_softcapping: found numbers; GGUF's gemma3 means null";
        if (config.LocalRotary is { } local && (local.Base != 10_000 || local.Scaling is not null || local.Size != config.HeadSize))
            yield return $"config.json, rope_local_base_freq: found {local.Base}; GGUF's {Name} means 10000";
    }

    private KeyValuePair<string, object> Key(string key, object value) => new($"{Name}.{key}", value);
}
