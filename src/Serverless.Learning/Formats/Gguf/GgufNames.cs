namespace Serverless.Learning.Formats.Gguf;

/// <summary>Tensor names of Hugging Face's decoders in GGUF.</summary>
internal static class GgufNames
{
    private const string Layer = "model.layers.";

    private static readonly Dictionary<string, string> Outer = new(StringComparer.Ordinal)
    {
        ["model.embed_tokens.weight"] = "token_embd.weight",
        ["model.norm.weight"] = "output_norm.weight",
        ["lm_head.weight"] = "output.weight",
    };

    private static readonly Dictionary<string, string> Inner = new(StringComparer.Ordinal)
    {
        ["input_layernorm"] = "attn_norm",
        ["self_attn.q_proj"] = "attn_q",
        ["self_attn.k_proj"] = "attn_k",
        ["self_attn.v_proj"] = "attn_v",
        ["self_attn.o_proj"] = "attn_output",
        ["self_attn.q_norm"] = "attn_q_norm",
        ["self_attn.k_norm"] = "attn_k_norm",
        ["post_attention_layernorm"] = "ffn_norm",
        ["mlp.gate_proj"] = "ffn_gate",
        ["mlp.up_proj"] = "ffn_up",
        ["mlp.down_proj"] = "ffn_down",
    };

    /// <summary>The name in GGUF, or null if the tensor has none.</summary>
    public static string? Of(string name)
    {
        if (Outer.TryGetValue(name, out var outer))
            return outer;
        if (!name.StartsWith(Layer, StringComparison.Ordinal) || name.Split('.', 4) is not [_, _, var index, var rest] || !int.TryParse(index, out _))
            return null;
        var dot = rest.LastIndexOf('.');
        return dot > 0 && rest[dot..] is ".weight" or ".bias" && Inner.TryGetValue(rest[..dot], out var inner) ? $"blk.{index}.{inner}{rest[dot..]}" : null;
    }

    /// <summary>What every model of these families has, by Hugging Face's names.</summary>
    public static IEnumerable<string> Required(GgufArchitecture architecture)
    {
        yield return "model.embed_tokens.weight";
        for (var layer = 0; layer < architecture.Layers; layer++)
        {
            foreach (var part in Inner.Keys.Where(part => architecture.Name == "qwen3" || part is not ("self_attn.q_norm" or "self_attn.k_norm")))
                yield return $"{Layer}{layer}.{part}.weight";
        }

        yield return "model.norm.weight";
        if (!architecture.IsTied)
            yield return "lm_head.weight";
    }
}
