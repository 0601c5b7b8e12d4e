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
        ["self_attn.qkv_proj"] = "attn_qkv",
        ["self_attn.q_proj"] = "attn_q",
        ["self_attn.k_proj"] = "attn_k",
        ["self_attn.v_proj"] = "attn_v",
        ["self_attn.o_proj"] = "attn_output",
        ["self_attn.q_norm"] = "attn_q_norm",
        ["self_attn.k_norm"] = "attn_k_norm",
        ["pre_feedforward_layernorm"] = "ffn_norm",
        ["post_feedforward_layernorm"] = "post_ffw_norm",
        ["mlp.gate_up_proj"] = "ffn_up", // gate first, then up, as in Hugging Face's
        ["mlp.gate_proj"] = "ffn_gate",
        ["mlp.up_proj"] = "ffn_up",
        ["mlp.down_proj"] = "ffn_down",
    };

    /// <summary>The name in GGUF of a decoder's weight.</summary>
    /// <param name="hasBranchNorms">Whether the norm after the attention stands inside its branch, or before the feed-forward block.</param>
    public static string Of(string name, bool hasBranchNorms)
    {
        if (Outer.TryGetValue(name, out var outer))
            return outer;
        if (!name.StartsWith(Layer, StringComparison.Ordinal) || name.Split('.', 4) is not [_, _, var index, var rest])
            throw new ArgumentException($"{name} has no name in GGUF", nameof(name));
        var dot = rest.LastIndexOf('.');
        var part = rest[..dot] == "post_attention_layernorm" ? hasBranchNorms ? "post_attention_norm" : "ffn_norm" : Inner[rest[..dot]];
        return $"blk.{index}.{part}{rest[dot..]}";
    }
}
