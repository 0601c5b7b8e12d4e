namespace Serverless.Learning.Models;

/// <summary>
/// What a <c>config.json</c> of a family leaves unsaid: how its layers are built, and the values that transformers gives to fields that are
/// absent (its configuration class of that <c>model_type</c>).
/// </summary>
internal sealed record FamilyDefaults(string Architecture)
{
    private static readonly Dictionary<string, FamilyDefaults> Known = new(StringComparer.Ordinal)
    {
        ["llama"] = new("LlamaForCausalLM"),
        ["mistral"] = new("MistralForCausalLM") { Window = 4096, SlidesEverywhere = true },
        ["qwen2"] = new("Qwen2ForCausalLM") { AlwaysBiased = true, OptionalWindow = true, Window = 4096 },
        ["qwen3"] = new("Qwen3ForCausalLM") { QueryKeyNorms = true, HeadSize = 128, OptionalWindow = true, Window = 4096 },
        ["phi3"] = new("Phi3ForCausalLM") { Fused = true, SlidesEverywhere = true, NormEpsilon = 1e-5 },
        ["gemma2"] = new("Gemma2ForCausalLM")
        {
            IsGemma = true, HeadSize = 256, Window = 4096, FullEvery = 2, AttentionSoftCap = 50, LogitSoftCap = 30, Tied = true,
        },
        ["gemma3_text"] = new("Gemma3ForCausalLM")
        {
            IsGemma = true, HeadSize = 256, Window = 4096, FullEvery = 6, Tied = true, QueryKeyNorms = true, RotaryBase = 1_000_000, LocalRotaryBase = 10_000,
            VocabularySize = 262_208, Heads = 8, KeyValueHeads = 4, PromisedLength = 131_072,
        },
    };

    /// <summary>The names that are read, as <c>model_type</c> spells them.</summary>
    public static IEnumerable<string> Names => Known.Keys;

    public int? VocabularySize { get; init; }

    public int? Heads { get; init; }

    public int? KeyValueHeads { get; init; }

    public int? HeadSize { get; init; }

    public int? PromisedLength { get; init; }

    public double NormEpsilon { get; init; } = 1e-6;

    public double RotaryBase { get; init; } = 10_000;

    /// <summary>The base in layers with a sliding window, where it differs.</summary>
    public double? LocalRotaryBase { get; init; }

    public bool Tied { get; init; }

    /// <summary>Query, key and value have a bias whatever the file says.</summary>
    public bool AlwaysBiased { get; init; }

    public bool QueryKeyNorms { get; init; }

    /// <summary>Query, key and value are one matrix, gate and up another.</summary>
    public bool Fused { get; init; }

    /// <summary>GeGLU, branch norms, 1 + weight in norms, scaled embeddings, and an attention scale of its own.</summary>
    public bool IsGemma { get; init; }

    /// <summary>The sliding window of a file that names none; a null in the file means none.</summary>
    public int? Window { get; init; }

    /// <summary>The window holds in every layer.</summary>
    public bool SlidesEverywhere { get; init; }

    /// <summary>The window holds only with <c>use_sliding_window</c>, from layer <c>max_window_layers</c> on.</summary>
    public bool OptionalWindow { get; init; }

    /// <summary>Every n-th layer attends to everything, the others through the window (<c>sliding_window_pattern</c>).</summary>
    public int? FullEvery { get; init; }

    public double? AttentionSoftCap { get; init; }

    public double? LogitSoftCap { get; init; }

    public static FamilyDefaults? Find(string family) => Known.GetValueOrDefault(family);
}
