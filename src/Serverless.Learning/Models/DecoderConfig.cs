using System.Text.Json;
using Serverless.Learning.Models.Positions;

namespace Serverless.Learning.Models;

/// <summary>
/// The shape of a decoder, as a Hugging Face folder's <c>config.json</c> states it. Families differ in these fields only. Reading refuses, by
/// name, what <see cref="Decoder"/> does not compute, before any tensor is touched.
/// </summary>
public sealed record DecoderConfig
{
    /// <summary>
    /// The field of <c>config.json</c>, this product's own, in which the folder itself says in how long a context it is to be run, in tokens.
    /// What is trained from the folder and merged has it too.
    /// </summary>
    public const string ContextField = "serverless_context";

    /// <summary>transformers' name of the family (<c>model_type</c> of the text model), such as <c>qwen2</c>.</summary>
    public string Family { get; init; } = "llama";

    /// <summary>V, the number of rows of the token embedding.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>D, the width of the residual stream.</summary>
    public required int Width { get; init; }

    /// <summary>The inner width of the feed-forward block.</summary>
    public required int InnerWidth { get; init; }

    public required int Layers { get; init; }

    /// <summary>H, the number of query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>K, the number of key and value heads; H is a multiple of it.</summary>
    public required int KeyValueHeads { get; init; }

    /// <summary>Channels of one head.</summary>
    public required int HeadSize { get; init; }

    /// <summary>The epsilon inside RMSNorm's square root.</summary>
    public required double NormEpsilon { get; init; }

    /// <summary>Rotary positions of the layers that attend to everything.</summary>
    public required RotarySettings Rotary { get; init; }

    /// <summary>Rotary positions of the layers with a sliding window; null for the same.</summary>
    public RotarySettings? LocalRotary { get; init; }

    /// <summary>The longest sequence, in tokens, that the model is run with.</summary>
    public required int MaxLength { get; init; }

    /// <summary>The longest sequence, in tokens, that the configuration promises (<c>max_position_embeddings</c>); at least <see cref="MaxLength"/>.</summary>
    public int PromisedLength { get => field == 0 ? MaxLength : field; init; }

    /// <summary>Whether the head is the token embedding itself.</summary>
    public required bool TiedHead { get; init; }

    /// <summary>Whether query, key and value projections add a bias.</summary>
    public bool QueryKeyValueBias { get; init; }

    /// <summary>Whether the attention's output projection adds a bias.</summary>
    public bool OutputBias { get; init; }

    /// <summary>Whether queries and keys are normed per head before they turn.</summary>
    public bool QueryKeyNorms { get; init; }

    /// <summary>Whether query, key and value are one matrix, and gate and up another.</summary>
    public bool FusedProjections { get; init; }

    /// <summary>Whether a branch's result is normed before it joins the residual stream.</summary>
    public bool BranchNorms { get; init; }

    /// <summary>Whether norms multiply by 1 + weight.</summary>
    public bool NormsAddOne { get; init; }

    /// <summary>Whether embeddings enter the residual stream times sqrt(D).</summary>
    public bool ScaledEmbedding { get; init; }

    public Activation Activation { get; init; } = Activation.Silu;

    /// <summary>What scores are multiplied by: 1 / sqrt(<see cref="HeadSize"/>), unless the family has a number of its own.</summary>
    public double AttentionScale { get => field == 0 ? 1 / Math.Sqrt(HeadSize) : field; init; }

    /// <summary>c in c tanh(score / c), or null.</summary>
    public double? AttentionSoftCap { get; init; }

    /// <summary>c in c tanh(logit / c), or null.</summary>
    public double? LogitSoftCap { get; init; }

    /// <summary>How many tokens, itself included, a token sees in layers with a sliding window.</summary>
    public int? Window { get; init; }

    /// <summary>For each layer, whether it attends through the window; empty for none.</summary>
    public IReadOnlyList<bool> SlidingLayers { get; init; } = [];

    /// <summary>Tokens that end a generation, from <c>eos_token_id</c> (a number or a list).</summary>
    public IReadOnlyList<int> EndIds { get; init; } = [];

    public bool Slides(int layer) => Window is not null && layer < SlidingLayers.Count && SlidingLayers[layer];

    /// <summary>Names and shapes of every weight of this shape, in Hugging Face's naming.</summary>
    public IReadOnlyDictionary<string, long[]> WeightShapes() => WeightNames.Shapes(this);

    /// <summary>Module paths of the matrices inside the blocks, which adapters wrap and NF4 shrinks; embedding and head are not among them.</summary>
    public IReadOnlyList<string> LinearPaths() => WeightShapes()
        .Where(entry => entry.Value.Length == 2 && entry.Key is not (WeightNames.Embedding or WeightNames.Head))
        .Select(entry => entry.Key[..^".weight".Length]).ToList();

    /// <summary>Names that a folder may hold beside its weights without a meaning for the decoder.</summary>
    public IReadOnlySet<string> IgnorableWeights() => WeightNames.Ignorable(this);

    /// <summary>Reads <c>config.json</c> of a model folder.</summary>
    /// <param name="context">
    /// The longest sequence, in tokens, that the model will be run with. By default what <see cref="ContextField"/> says, and where that is not
    /// there, what the configuration promises; with LongRoPE the original context, because the factors for longer ones answer short texts worse.
    /// </param>
    /// <exception cref="InputError">The file is missing, is no JSON, lacks fields, or asks for what is not supported; all of it is listed.</exception>
    public static DecoderConfig Load(string folder, int? context = null)
    {
        var path = Path.Combine(folder, "config.json");
        if (!File.Exists(path))
            throw new InputError($"{folder}: found no config.json; a model folder holds config.json, tokenizer.json and *.safetensors");
        try
        {
            using var document = StrictJson.Parse(File.ReadAllBytes(path));
            return DecoderConfigReader.Read(document.RootElement, context);
        }
        catch (JsonException fault)
        {
            throw new InputError($"config.json: is not valid JSON: {fault.Message}", innerException: fault);
        }
    }
}
