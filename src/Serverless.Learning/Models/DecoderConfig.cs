using System.Text.Json;

namespace Serverless.Learning.Models;

/// <summary>
/// The shape of a Llama-architecture decoder, as a Hugging Face folder's <c>config.json</c> states it. Reading refuses, by name, what
/// <see cref="Decoder"/> does not compute, before any tensor is touched.
/// </summary>
public sealed record DecoderConfig
{
    /// <summary>V, the number of rows of the token embedding.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>D, the width of the residual stream.</summary>
    public required int Width { get; init; }

    /// <summary>The inner width of the SwiGLU block.</summary>
    public required int InnerWidth { get; init; }

    public required int Layers { get; init; }

    /// <summary>H, the number of query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>K, the number of key and value heads; H is a multiple of it.</summary>
    public required int KeyValueHeads { get; init; }

    /// <summary>Channels of one head; even, because rotary positions turn pairs.</summary>
    public required int HeadSize { get; init; }

    /// <summary>The epsilon inside RMSNorm's square root.</summary>
    public required double NormEpsilon { get; init; }

    /// <summary>The base of the rotary frequencies (<c>rope_theta</c>).</summary>
    public required double RotaryBase { get; init; }

    /// <summary>The longest sequence, in tokens, that the model was trained for (<c>max_position_embeddings</c>).</summary>
    public required int MaxLength { get; init; }

    /// <summary>Whether the head is the token embedding itself.</summary>
    public required bool TiedHead { get; init; }

    /// <summary>Tokens that end a generation, from <c>eos_token_id</c> (a number or a list).</summary>
    public IReadOnlyList<int> EndIds { get; init; } = [];

    /// <summary>Names and shapes of every weight of this shape, in Hugging Face's naming.</summary>
    public IReadOnlyDictionary<string, long[]> WeightShapes()
    {
        var shapes = new Dictionary<string, long[]> { ["model.embed_tokens.weight"] = [VocabularySize, Width] };
        for (var layer = 0; layer < Layers; layer++)
        {
            var prefix = $"model.layers.{layer}.";
            shapes[prefix + "input_layernorm.weight"] = [Width];
            shapes[prefix + "self_attn.q_proj.weight"] = [Heads * HeadSize, Width];
            shapes[prefix + "self_attn.k_proj.weight"] = [KeyValueHeads * HeadSize, Width];
            shapes[prefix + "self_attn.v_proj.weight"] = [KeyValueHeads * HeadSize, Width];
            shapes[prefix + "self_attn.o_proj.weight"] = [Width, Heads * HeadSize];
            shapes[prefix + "post_attention_layernorm.weight"] = [Width];
            shapes[prefix + "mlp.gate_proj.weight"] = [InnerWidth, Width];
            shapes[prefix + "mlp.up_proj.weight"] = [InnerWidth, Width];
            shapes[prefix + "mlp.down_proj.weight"] = [Width, InnerWidth];
        }
        shapes["model.norm.weight"] = [Width];
        if (!TiedHead) shapes["lm_head.weight"] = [VocabularySize, Width];
        return shapes;
    }

    /// <summary>Module paths of the matrices inside the blocks, which adapters wrap and NF4 shrinks; embedding and head are not among them.</summary>
    public IReadOnlyList<string> LinearPaths() => WeightShapes()
        .Where(entry => entry.Value.Length == 2 && entry.Key is not ("model.embed_tokens.weight" or "lm_head.weight"))
        .Select(entry => entry.Key[..^".weight".Length]).ToList();

    /// <summary>Reads <c>config.json</c> of a model folder.</summary>
    /// <exception cref="InputError">The file is missing, is no JSON, lacks a field, or asks for something that is not supported.</exception>
    public static DecoderConfig Load(string folder)
    {
        var path = Path.Combine(folder, "config.json");
        if (!File.Exists(path))
            throw new InputError($"{folder}: found no config.json; a model folder holds config.json, tokenizer.json and *.safetensors");
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            return new DecoderConfigReader(document.RootElement).Read();
        }
        catch (JsonException fault)
        {
            throw new InputError($"config.json: is not valid JSON: {fault.Message}", innerException: fault);
        }
    }
}
