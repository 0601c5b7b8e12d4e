using System.Text.Json;
using Serverless.Learning.Models;
using Serverless.Learning.Models.Positions;

namespace Serverless.Learning.Tests.Models;

public sealed class DecoderConfigTests
{
    private const string Sizes =
        """
        "vocab_size": 48, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 8, "num_attention_heads": 4, "max_position_embeddings": 64
        """;

    [Fact]
    public void Everything_that_is_missing_or_not_supported_is_named_in_one_error()
    {
        var error = Refused(
            """
            {"model_type": "llama", "architectures": ["LlamaForSequenceClassification"], "hidden_size": -1, "num_attention_heads": 4, "hidden_act": "gelu",
             "mlp_bias": true, "rope_scaling": {"rope_type": "dynamic", "factor": 2}, "num_hidden_layers": 2, "intermediate_size": "wide",
             "max_position_embeddings": 64, "quantization_config": {"bits": 4}}
            """);
        Assert.Equal(
            """
            config.json, architectures: found LlamaForSequenceClassification; allowed: LlamaForCausalLM
            config.json, hidden_size: found -1; allowed: a positive whole number
            config.json, hidden_act: found gelu; allowed: silu
            config.json, mlp_bias: found true; allowed: false
            config.json, quantization_config: found one; allowed: none: weights in bf16, f16 or f32
            config.json, rope_scaling.rope_type: found dynamic; allowed: default, linear, llama3, yarn, longrope
            config.json, vocab_size: found nothing; allowed: a positive whole number
            config.json, intermediate_size: found "wide"; allowed: a positive whole number
            """, error);
    }

    [Fact]
    public void An_unknown_family_is_refused_by_name() => Assert.Equal(
        "config.json, model_type: found mixtral; allowed: llama, mistral, qwen2, qwen3, phi3, gemma2, gemma3_text, gemma3",
        Refused("""{"model_type": "mixtral"}"""));

    [Fact]
    public void Sizes_beyond_any_model_are_refused_before_anything_is_made_of_them() => Assert.Equal(
        """
        config.json, hidden_size: found 2147483647; allowed: a whole number up to 1048576
        config.json, num_attention_heads: found 100000; allowed: a whole number up to 16384
        config.json, head_dim: found 2000000000; allowed: a whole number up to 16384
        config.json, num_hidden_layers: found 2000000000; allowed: a whole number up to 1024
        config.json, max_position_embeddings: found 2000000000; allowed: a whole number up to 16777216
        config.json, partial_rotary_factor: found 1; allowed: a share of the head that is an even number of channels
        config.json, vocab_size: found 2000000000; allowed: a whole number up to 16777216
        config.json, intermediate_size: found 2000000000; allowed: a whole number up to 8388608
        """,
        Refused(
            """
            {"model_type": "phi3", "hidden_size": 2147483647, "num_attention_heads": 100000, "head_dim": 2000000000, "num_hidden_layers": 2000000000, "max_position_embeddings": 2000000000,
             "vocab_size": 2000000000, "intermediate_size": 2000000000}
            """));

    [Fact]
    public void A_share_of_the_head_beyond_all_of_it_makes_no_list_as_long()
    {
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var error = Refused($$"""{"model_type": "phi3", "partial_rotary_factor": 9223372036854775807, "rope_scaling": {"type": "su", "short_factor": "a", "long_factor": []}, {{Sizes}}}""");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, 10_000_000);
        Assert.Contains("config.json, partial_rotary_factor: found 9.223372036854776E+18; allowed: a share of the head that is an even number of channels", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Heads_that_do_not_divide_are_refused() => Assert.Equal(
        "config.json, num_key_value_heads: found 3; allowed: a divisor of num_attention_heads (4)",
        Refused($$"""{"model_type": "llama", "num_key_value_heads": 3, {{Sizes}}}"""));

    [Fact]
    public void Layer_types_that_are_unknown_or_too_few_are_refused() => Assert.Equal(
        """
        config.json, layer_types: found chunked_attention; allowed: full_attention, sliding_attention
        config.json, layer_types: found 1 of them; allowed: 8, one for each layer
        """,
        Refused($$"""{"model_type": "mistral", "layer_types": ["chunked_attention"], {{Sizes}}}"""));

    [Fact]
    public void LongRoPE_without_its_lists_names_their_length()
    {
        var error = Refused($$"""{"model_type": "phi3", "rope_scaling": {"type": "su", "short_factor": [1, 2]}, {{Sizes}}}""");
        Assert.Equal(
            """
            config.json, rope_scaling.original_max_position_embeddings: found nothing; allowed: a positive whole number
            config.json, rope_scaling.short_factor: found [1, 2]; allowed: 8 positive numbers
            config.json, rope_scaling.long_factor: found nothing; allowed: 8 positive numbers
            """, error);
    }

    [Theory]
    [InlineData("""{"model_type": "mistral", """, 4096, "1111 1111")]
    [InlineData("""{"model_type": "mistral", "sliding_window": null, """, null, "")]
    [InlineData("""{"model_type": "llama", "sliding_window": 5, """, null, "")]
    [InlineData("""{"model_type": "qwen2", "sliding_window": 5, "max_window_layers": 3, """, null, "")]
    [InlineData("""{"model_type": "qwen3", "sliding_window": 5, "use_sliding_window": true, "max_window_layers": 3, """, 5, "0001 1111")]
    [InlineData("""{"model_type": "qwen2", "sliding_window": 5, "use_sliding_window": true, "max_window_layers": 0, """, 5, "1111 1111")]
    [InlineData("""{"model_type": "phi3", "sliding_window": 5, """, 5, "1111 1111")]
    [InlineData("""{"model_type": "gemma2", "sliding_window": 5, """, 5, "1010 1010")]
    [InlineData("""{"model_type": "gemma3_text", "sliding_window": 5, """, 5, "1111 1011")]
    [InlineData("""{"model_type": "gemma3_text", "sliding_window": 5, "sliding_window_pattern": 2, """, 5, "1010 1010")]
    public void Windows_are_where_the_family_has_them(string beginning, int? window, string slides)
    {
        var config = Read(beginning + Sizes + "}");
        Assert.Equal(window, config.Window);
        Assert.Equal(slides.Replace(" ", ""), string.Concat(config.SlidingLayers.Select(layer => layer ? '1' : '0')));
    }

    [Fact]
    public void Newer_files_with_rope_parameters_mean_what_older_ones_mean()
    {
        const string scaling = """ "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 32""";
        var older = Read($$"""{"model_type": "llama", "rope_theta": 500000.0, "rope_scaling": { {{scaling}} }, {{Sizes}}}""");
        var newer = Read($$"""{"model_type": "llama", "rope_parameters": { {{scaling}}, "rope_theta": 500000.0 }, {{Sizes}}}""");
        Assert.Equal(new Llama3Scaling(8, 1, 4, 32), older.Rotary.Scaling);
        Assert.Equal(older.Rotary, newer.Rotary);
    }

    [Theory]
    [InlineData("""{"model_type": "llama", "rope_theta": 500000.0, "rope_parameters": {"rope_type": "default"}, """, 500000)]
    [InlineData("""{"model_type": "llama", "rope_theta": 500000.0, "rope_parameters": {"rope_type": "default", "rope_theta": 20000.0}, """, 20000)]
    [InlineData("""{"model_type": "llama", "rope_parameters": {"rope_type": "default"}, """, 10000)]
    [InlineData("""{"model_type": "gemma3_text", "rope_theta": 500000.0, "rope_parameters": {"full_attention": {"rope_type": "default"}}, """, 500000)]
    public void A_base_beside_rope_parameters_holds_where_those_name_none(string beginning, double expected) =>
        Assert.Equal(expected, Read(beginning + Sizes + "}").Rotary.Base);

    [Fact]
    public void A_base_of_sliding_layers_beside_rope_parameters_holds_where_those_name_none() => Assert.Equal(
        30000,
        Read($$"""{"model_type": "gemma3_text", "rope_local_base_freq": 30000.0, "rope_parameters": {"sliding_attention": {"rope_type": "default"} }, {{Sizes}}}""").LocalRotary!.Base);

    [Fact]
    public void A_rope_scaling_that_says_what_rope_parameters_say_is_accepted()
    {
        var factors = $"[{string.Join(", ", Enumerable.Repeat("2.5", 8))}]";
        var lists = $""" "short_factor": {factors}, "long_factor": {factors} """;
        Assert.Equal(new LinearScaling(4), Read(
            $$"""{"model_type": "llama", "rope_scaling": {"type": "linear", "factor": 4}, "rope_parameters": {"rope_type": "linear", "factor": 4.0, "rope_theta": 500000.0}, {{Sizes}}}""").Rotary.Scaling);
        Assert.IsType<LongRopeScaling>(Read(
            $$"""
            {"model_type": "phi3", "original_max_position_embeddings": 32, "rope_scaling": {"type": "su", {{lists}}}, "rope_parameters": {"rope_type": "longrope", {{lists}}}, {{Sizes}}}
            """).Rotary.Scaling);
        Assert.Null(Read($$"""{"model_type": "llama", "rope_scaling": null, "rope_parameters": {"rope_type": "default"}, {{Sizes}}}""").Rotary.Scaling);
    }

    [Theory]
    [InlineData("""{"type": "linear", "factor": 8}""")]
    [InlineData("""{"type": "default"}""")]
    [InlineData("""{"type": "linear", "factor": 4, "rope_theta": 20000.0}""")]
    public void A_rope_scaling_that_contradicts_rope_parameters_is_refused_with_both_names(string scaling) => Assert.Equal(
        "config.json, rope_scaling: found another scaling than in rope_parameters; allowed: the same in both, or one of them",
        Refused($$"""{"model_type": "llama", "rope_scaling": {{scaling}}, "rope_parameters": {"rope_type": "linear", "factor": 4, "rope_theta": 500000.0}, {{Sizes}}}"""));

    [Fact]
    public void LongRoPE_runs_in_the_original_context_unless_a_longer_one_is_chosen()
    {
        var factors = $"[{string.Join(", ", Enumerable.Repeat("2.5", 8))}]";
        var json = $$"""
            {"model_type": "phi3", "original_max_position_embeddings": 32, "rope_scaling": {"type": "longrope", "short_factor": {{factors}}, "long_factor": {{factors}}}, {{Sizes}}}
            """;
        Assert.Equal((32, 64, false), Chosen(Read(json)));
        Assert.Equal((16, 64, false), Chosen(Read(json, context: 16)));
        Assert.Equal((64, 64, true), Chosen(Read(json, context: 64)));
        Assert.Equal(
            "config.json, max_position_embeddings: found 64; allowed: at least the context asked for (65)",
            Assert.Throws<InputError>(() => Read(json, context: 65)).Message);

        static (int, int, bool) Chosen(DecoderConfig config) => (config.MaxLength, config.PromisedLength, ((LongRopeScaling)config.Rotary.Scaling!).IsLong);
    }

    [Fact]
    public void A_configuration_may_say_itself_in_how_long_a_context_it_is_run()
    {
        var factors = $"[{string.Join(", ", Enumerable.Repeat("2.5", 8))}]";
        string Json(string context) => $$"""
            {"model_type": "phi3", "serverless_context": {{context}}, "original_max_position_embeddings": 32,
             "rope_scaling": {"type": "longrope", "short_factor": {{factors}}, "long_factor": {{factors}}}, {{Sizes}}}
            """;
        Assert.True(((LongRopeScaling)Read(Json("64")).Rotary.Scaling!).IsLong);
        Assert.False(((LongRopeScaling)Read(Json("64"), context: 16).Rotary.Scaling!).IsLong);
        Assert.Equal(48, Read(Json("48")).MaxLength);
        Assert.Equal("config.json, max_position_embeddings: found 64; allowed: at least the context asked for (65)", Refused(Json("65")));
        Assert.Equal("config.json, serverless_context: found \"all\"; allowed: a positive whole number", Refused(Json("\"all\"")));
    }

    [Theory]
    [InlineData("\"factor\": 2, ", true)]
    [InlineData("\"factor\": 4, \"attention_factor\": 1.2, ", true)]
    [InlineData("\"factor\": 4, ", false)]
    public void A_factor_of_LongRoPE_is_that_of_the_two_contexts_where_the_attention_follows_from_it(string factor, bool isAccepted)
    {
        var list = $"[{string.Join(", ", Enumerable.Repeat("2.5", 8))}]";
        var json = $$"""
            {"model_type": "phi3", "original_max_position_embeddings": 32, "rope_scaling": {"type": "longrope", {{factor}}"short_factor": {{list}}, "long_factor": {{list}}}, {{Sizes}}}
            """;
        if (isAccepted)
            Assert.IsType<LongRopeScaling>(Read(json).Rotary.Scaling);
        else
            Assert.Equal("config.json, rope_scaling.factor: found 4; allowed: 2, max_position_embeddings (64) over original_max_position_embeddings (32)", Refused(json));
    }

    [Fact]
    public void Gemma_3_that_sees_as_well_is_read_from_its_text_config()
    {
        var nested = Read($$"""{"model_type": "gemma3", "eos_token_id": [1, 106], "text_config": {"model_type": "gemma3_text", {{Sizes}} }, "vision_config": { } }""");
        var flat = Read($$"""{"model_type": "gemma3_text", "eos_token_id": [1, 106], {{Sizes}}}""");
        Assert.Equal(JsonSerializer.Serialize(flat), JsonSerializer.Serialize(nested));
        Assert.Equal([1, 106], nested.EndIds);
        Assert.Equal(1_000_000, nested.Rotary.Base);
        Assert.Equal(10_000, nested.LocalRotary!.Base);
    }

    [Fact]
    public void A_fault_inside_text_config_is_named_with_its_place() => Assert.Equal(
        "config.json, text_config.hidden_size: found nothing; allowed: a positive whole number",
        Refused($$"""{"model_type": "gemma3", "text_config": { {{Sizes.Replace("hidden_size", "width")}} } }"""));

    private static DecoderConfig Read(string json, int? context = null)
    {
        using var document = JsonDocument.Parse(json);
        return DecoderConfigReader.Read(document.RootElement, context);
    }

    private static string Refused(string json) => Assert.Throws<InputError>(() => Read(json)).Message;
}
