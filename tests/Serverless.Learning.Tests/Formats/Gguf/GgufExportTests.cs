using System.Text.Json.Nodes;
using Serverless.Learning.Formats.Gguf;
using Serverless.Tests;
using TorchSharp;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Formats.Gguf;

/// <summary>What a GGUF file of each family must hold, by GGUF's specification and llama.cpp's loaders, not by our exporter.</summary>
public sealed class GgufExportTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly DisposeScope scope;

    public GgufExportTests()
    {
        TinyModel.Write(folder["model"]);
        scope = NewDisposeScope();
    }

    [Theory]
    [InlineData("llama", "llama")]
    [InlineData("llama-3", "llama")]
    [InlineData("llama-biased", "llama")]
    [InlineData("mistral", "llama")]
    [InlineData("qwen2", "qwen2")]
    [InlineData("qwen2-yarn", "qwen2")]
    [InlineData("qwen3", "qwen3")]
    [InlineData("phi3", "phi3")]
    [InlineData("phi3-longrope", "phi3")]
    [InlineData("gemma2", "gemma2")]
    [InlineData("gemma3", "gemma3")]
    public void Every_weight_of_every_family_is_in_the_file(string family, string architecture)
    {
        var weights = WriteModel(family);
        using var file = Export();
        Assert.Equal(architecture, file.Metadata["general.architecture"]);
        var extra = file.Tensors.Keys.Count(name => name.StartsWith("rope_", StringComparison.Ordinal));
        Assert.Equal(weights.Count + extra, file.Tensors.Count);
        var heads = (H: (uint)file.Metadata[architecture + ".attention.head_count"], K: (uint)file.Metadata[architecture + ".attention.head_count_kv"]);
        foreach (var (name, weight) in weights)
        {
            var expected = !family.StartsWith("gemma", StringComparison.Ordinal) || !name.EndsWith("norm.weight", StringComparison.Ordinal) ? weight : weight + 1;
            if (architecture == "llama" && name.Contains(".q_proj.", StringComparison.Ordinal)) expected = Interleaved(weight, heads.H);
            if (architecture == "llama" && name.Contains(".k_proj.", StringComparison.Ordinal)) expected = Interleaved(weight, heads.K);
            Assert.True(file.Read(NameInGguf(name, family)).eq(expected).all().item<bool>(), name);
        }
    }

    [Fact]
    public void Llama_3s_divisors_are_a_tensor()
    {
        WriteModel("llama-3");
        using var file = Export();
        var divisors = file.Read("rope_freqs.weight").data<float>().ToArray();
        // Frequency 0 turns 32 / 2 pi = 5.1 times in the original context, more than 4 times; the last is slow.
        Assert.Equal(16, divisors.Length);
        Assert.Equal((1f, 8f), (divisors[0], divisors[^1]));
        Assert.True(divisors.Zip(divisors.Skip(1)).All(pair => pair.First <= pair.Second));
        Assert.Equal(500000f, file.Metadata["llama.rope.freq_base"]);
    }

    [Fact]
    public void Linear_scaling_and_YaRN_are_keys()
    {
        WriteModel("llama-biased");
        using (var file = Export())
        {
            Assert.Equal("linear", file.Metadata["llama.rope.scaling.type"]);
            Assert.Equal(2.5f, file.Metadata["llama.rope.scaling.factor"]);
        }
        WriteModel("qwen2-yarn", config => config["rope_scaling"]!["attention_factor"] = 2.0);
        using (var file = Export())
        {
            Assert.Equal("yarn", file.Metadata["qwen2.rope.scaling.type"]);
            Assert.Equal(4f, file.Metadata["qwen2.rope.scaling.factor"]);
            Assert.Equal(16u, file.Metadata["qwen2.rope.scaling.original_context_length"]);
            Assert.Equal((float)(2 / (0.1 * Math.Log(4) + 1)), file.Metadata["qwen2.rope.scaling.attn_factor"]);
        }
    }

    [Fact]
    public void LongRoPE_is_two_tensors_a_length_and_a_factor()
    {
        WriteModel("phi3-longrope");
        using var file = Export();
        Assert.Equal([1f, 1.1f, 1.2f, 1.5f, 2f, 3f], file.Read("rope_factors_short.weight").data<float>().ToArray());
        Assert.Equal([1.5f, 2f, 3f, 5f, 9f, 16f], file.Read("rope_factors_long.weight").data<float>().ToArray());
        Assert.Equal(12u, file.Metadata["phi3.rope.dimension_count"]);
        Assert.Equal(32u, file.Metadata["phi3.rope.scaling.original_context_length"]);
        Assert.Equal(64u, file.Metadata["phi3.context_length"]);
        Assert.Equal((float)Math.Sqrt(1 + Math.Log(2) / Math.Log(32)), file.Metadata["phi3.rope.scaling.attn_factor"]);
    }

    [Fact]
    public void Gemmas_window_and_soft_caps_are_keys()
    {
        WriteModel("gemma2");
        using (var file = Export())
        {
            Assert.Equal(5u, file.Metadata["gemma2.attention.sliding_window"]);
            Assert.Equal(2f, file.Metadata["gemma2.attn_logit_softcapping"]);
            Assert.Equal(3f, file.Metadata["gemma2.final_logit_softcapping"]);
        }
        WriteModel("gemma3");
        using (var file = Export())
        {
            Assert.Equal(5u, file.Metadata["gemma3.attention.sliding_window"]);
            Assert.Equal(1_000_000f, file.Metadata["gemma3.rope.freq_base"]);
            Assert.Equal(8f, file.Metadata["gemma3.rope.scaling.factor"]);
        }
    }

    [Theory]
    [InlineData("mistral", "llama", 6)]
    [InlineData("phi3", "phi3", 7)]
    public void Where_GGUF_has_no_window_its_length_becomes_the_context(string family, string architecture, int context)
    {
        WriteModel(family);
        using var file = Export();
        Assert.Equal((uint)context, file.Metadata[architecture + ".context_length"]);
    }

    [Fact]
    public void What_an_architecture_of_GGUF_does_not_compute_is_refused_by_name()
    {
        WriteModel("gemma2", config =>
        {
            config["query_pre_attn_scalar"] = 24;
            config["attn_logit_softcapping"] = null;
            config["layer_types"] = new JsonArray("full_attention", "sliding_attention");
        });
        Assert.Equal(
            """
            config.json, query_pre_attn_scalar: found 24; GGUF's gemma2 means 16
            config.json, layer_types: GGUF's gemma2 lets layers slide, except for one in 2
            config.json, attn_logit_softcapping, final_logit_softcapping: found null; GGUF's gemma2 means numbers
            """, Assert.Throws<InputError>(Export).Message);

        WriteModel("qwen2", config => config["rope_scaling"] = new JsonObject
        {
            ["rope_type"] = "llama3", ["factor"] = 8, ["low_freq_factor"] = 1, ["high_freq_factor"] = 4, ["original_max_position_embeddings"] = 32,
        });
        Assert.Equal("config.json, rope_scaling: found llama3; GGUF's qwen2 has no such scaling", Assert.Throws<InputError>(Export).Message);
    }

    [Theory]
    [InlineData(GgufType.F16, 1e-3)]
    [InlineData(GgufType.BF16, 5e-3)]
    [InlineData(GgufType.Q8_0, 2e-3)]
    [InlineData(GgufType.Q4_0, 4e-2)]
    public void Smaller_types_hold_matrices_within_their_error_and_vectors_exactly(GgufType type, double tolerance)
    {
        var weights = WriteModel("qwen2");
        using var file = Export(type);
        Assert.Equal(type, file.Tensors["blk.0.ffn_gate.weight"].Type);
        var error = (file.Read("blk.0.ffn_gate.weight") - weights["model.layers.0.mlp.gate_proj.weight"]).abs().max().item<float>();
        Assert.InRange(error, 1e-6, tolerance);
        Assert.True(file.Read("blk.1.attn_norm.weight").eq(weights["model.layers.1.input_layernorm.weight"]).all().item<bool>());
    }

    public void Dispose()
    {
        scope.Dispose();
        folder.Dispose();
    }

    private GgufFile Export() => Export(GgufType.F32);

    private GgufFile Export(GgufType type)
    {
        GgufExport.Write(folder["model"], folder["model.gguf"], type);
        return GgufFile.Open(folder["model.gguf"]);
    }

    private Dictionary<string, Tensor> WriteModel(string family, Action<JsonObject>? change = null) => GgufFamily.Write(folder["model"], family, change);

    /// <summary>Row 2 i of a head is row i of its first half, row 2 i + 1 the one half a head further.</summary>
    private static Tensor Interleaved(Tensor weight, uint heads)
    {
        var size = weight.shape[0] / heads;
        var rows = Enumerable.Range(0, (int)weight.shape[0]).Select(row =>
        {
            var (head, inside) = (row / size, row % size);
            return head * size + inside / 2 + inside % 2 * (size / 2);
        });
        return weight.index_select(0, tensor(rows.ToArray()));
    }

    private static string NameInGguf(string name, string family)
    {
        var isGemma = family.StartsWith("gemma", StringComparison.Ordinal);
        return name
            .Replace("model.layers.", "blk.").Replace("model.embed_tokens", "token_embd").Replace("model.norm", "output_norm").Replace("lm_head", "output")
            .Replace("input_layernorm", "attn_norm").Replace("post_attention_layernorm", isGemma ? "post_attention_norm" : "ffn_norm")
            .Replace("pre_feedforward_layernorm", "ffn_norm").Replace("post_feedforward_layernorm", "post_ffw_norm")
            .Replace("self_attn.qkv_proj", "attn_qkv").Replace("self_attn.o_proj", "attn_output").Replace("self_attn.q_proj", "attn_q")
            .Replace("self_attn.k_proj", "attn_k").Replace("self_attn.v_proj", "attn_v").Replace("self_attn.q_norm", "attn_q_norm")
            .Replace("self_attn.k_norm", "attn_k_norm").Replace("mlp.gate_up_proj", "ffn_up").Replace("mlp.gate_proj", "ffn_gate")
            .Replace("mlp.up_proj", "ffn_up").Replace("mlp.down_proj", "ffn_down");
    }
}
