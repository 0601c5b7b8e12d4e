using System.Text.Json;

namespace Serverless.Learning.Formats.Gguf;

/// <summary>What GGUF calls a model family, and the keys that describe one of its models, from a Hugging Face config.json.</summary>
internal sealed class GgufArchitecture
{
    private const string ConfigFile = "config.json";

    private readonly JsonElement config;

    private GgufArchitecture(string name, JsonElement config)
    {
        Name = name;
        this.config = config;
        Layers = Whole("num_hidden_layers");
        Heads = Whole("num_attention_heads");
        KeyValueHeads = config.Member("num_key_value_heads") is null ? Heads : Whole("num_key_value_heads");
        HeadWidth = config.Member("head_dim") is null ? Whole("hidden_size") / Heads : Whole("head_dim");
        Rope = GgufRope.Read(config);
        Refuse();
    }

    /// <summary><c>general.architecture</c>, and the first part of the family's keys.</summary>
    public string Name { get; }

    public int Layers { get; }

    public int Heads { get; }

    public int KeyValueHeads { get; }

    /// <summary>Width of one head.</summary>
    public int HeadWidth { get; }

    public GgufRope Rope { get; }

    /// <summary>
    /// Whether rows of the query and key projections change places: ggml's <c>llama</c> turns neighbouring elements of a head together,
    /// Hugging Face's turns element i with i + half; the others of ggml do as Hugging Face does.
    /// </summary>
    public bool InterleavesRotary => Name == "llama";

    /// <summary>Whether the embedding serves as output head too.</summary>
    public bool IsTied => config.IsTrue("tie_word_embeddings");

    /// <exception cref="InputError">The family, or something it asks for, has no counterpart here.</exception>
    public static GgufArchitecture Read(JsonElement config) => config.Text("model_type") switch
    {
        "llama" or "mistral" => new("llama", config),
        "qwen2" => new("qwen2", config),
        "qwen3" => new("qwen3", config),
        var other => throw new InputError($"{ConfigFile}, model_type: found {Quoted.Name(other ?? "")}; GGUF export knows llama, mistral, qwen2, qwen3"),
    };

    /// <summary>The family's keys.</summary>
    /// <param name="vocabularySize">Rows of the embedding.</param>
    public IEnumerable<KeyValuePair<string, object>> Keys(int vocabularySize)
    {
        yield return new($"{Name}.block_count", (uint)Layers);
        yield return new($"{Name}.context_length", (uint)Whole("max_position_embeddings"));
        yield return new($"{Name}.embedding_length", (uint)Whole("hidden_size"));
        yield return new($"{Name}.feed_forward_length", (uint)Whole("intermediate_size"));
        yield return new($"{Name}.attention.head_count", (uint)Heads);
        yield return new($"{Name}.attention.head_count_kv", (uint)KeyValueHeads);
        yield return new($"{Name}.attention.key_length", (uint)HeadWidth);
        yield return new($"{Name}.attention.value_length", (uint)HeadWidth);
        yield return new($"{Name}.attention.layer_norm_rms_epsilon", Number("rms_norm_eps"));
        yield return new($"{Name}.vocab_size", (uint)vocabularySize);
        yield return new($"{Name}.rope.dimension_count", (uint)HeadWidth);
        foreach (var entry in Rope.Keys)
            yield return new($"{Name}.{entry.Key}", entry.Value);
    }

    private void Refuse()
    {
        if (config.Text("hidden_act") is { } activation and not "silu")
            throw new InputError($"{ConfigFile}, hidden_act: found {Quoted.Name(activation)}; GGUF's {Name} means silu");
        var slides = config.Member("sliding_window") is not null
            && (config.Member("use_sliding_window") is not { } use || use.ValueKind == JsonValueKind.True);
        if (slides && Whole("sliding_window") < Whole("max_position_embeddings"))
            throw new InputError($"{ConfigFile}, sliding_window: found {Whole("sliding_window")}; GGUF's {Name} knows full attention only");
        if (config.Member("partial_rotary_factor") is { ValueKind: JsonValueKind.Number } part && part.GetDouble() != 1)
            throw new InputError($"{ConfigFile}, partial_rotary_factor: found {part.GetRawText()}; GGUF export knows 1");
    }

    private int Whole(string name) => config.Member(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out var number) && number > 0
        ? number
        : throw new InputError($"{ConfigFile}, {name}: found {Quoted.Cut(config.Member(name)?.GetRawText() ?? "nothing")}; allowed: a whole number from 1");

    private float Number(string name) => config.Member(name) is { ValueKind: JsonValueKind.Number } value
        ? value.GetSingle()
        : throw new InputError($"{ConfigFile}, {name}: found {Quoted.Cut(config.Member(name)?.GetRawText() ?? "nothing")}; allowed: a number");
}
