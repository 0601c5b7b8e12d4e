using Serverless.Learning.Adapters;
using Serverless.Learning.Models;
using Serverless.Learning.Models.Positions;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Adapters;

public sealed class LoraAdapterTests(LoadedTinyModel tiny) : IClassFixture<LoadedTinyModel>
{
    private static readonly int[] Ids = [5, 17, 99, 140, 3, 280];

    [Theory]
    [InlineData(AdapterKind.Lora, false)]
    [InlineData(AdapterKind.Lora, true)]
    [InlineData(AdapterKind.Qlora, false)]
    [InlineData(AdapterKind.Qlora, true)]
    public void A_new_adapter_changes_nothing(AdapterKind kind, bool decomposed)
    {
        using var scope = NewDisposeScope();
        using var model = tiny.Load(kind);
        var before = Logits(model.Decoder);
        using var adapter = LoraAdapter.Wrap(model.Decoder, new AdapterOptions { Kind = kind, Rank = 4, WeightDecomposed = decomposed }, seed: 1);
        Assert.True(before.equal(Logits(model.Decoder)).all().item<bool>());
    }

    [Theory]
    [InlineData(AdapterKind.Lora, false, false)]
    [InlineData(AdapterKind.Lora, true, false)]
    [InlineData(AdapterKind.Lora, false, true)]
    [InlineData(AdapterKind.Lora, true, true)]
    [InlineData(AdapterKind.Qlora, false, false)]
    [InlineData(AdapterKind.Qlora, false, true)]
    public void The_fused_adapter_answers_as_the_unfused_one(AdapterKind kind, bool stabilized, bool decomposed)
    {
        using var scope = NewDisposeScope();
        using var model = tiny.Load(kind);
        var before = Logits(model.Decoder);
        using var adapter = Bent(model.Decoder, new AdapterOptions { Kind = kind, Rank = 4, RankStabilized = stabilized, WeightDecomposed = decomposed });
        var unfused = Logits(model.Decoder);
        // For a quantised base: onto the numbers that the adapter saw.
        using var fused = Fused(model.Decoder, adapter, weight => weight.Quantized?.Expand(0, weight.Shape[0], ScalarType.Float32) ?? weight.Value.clone());
        Assert.True(before.sub(unfused).abs().max().item<float>() > 0.01, "the adapter changed nothing");
        // Products associate differently in fp32: 1e-5 of logits near 1.
        Assert.InRange(Difference(unfused, Logits(fused)), 0, 1e-4);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void With_biases_norms_and_joined_projections_too_the_fused_adapter_answers_as_the_unfused_one(bool joined, bool decomposed)
    {
        using var scope = NewDisposeScope();
        var config = new DecoderConfig
        {
            VocabularySize = 300, Width = 32, InnerWidth = 48, Layers = 2, Heads = 4, KeyValueHeads = 2, HeadSize = 8, NormEpsilon = 1e-6,
            Rotary = new RotarySettings(10000, 8), MaxLength = 32, TiedHead = false, QueryKeyValueBias = true, OutputBias = true,
            QueryKeyNorms = true, BranchNorms = true, FusedProjections = joined,
        };
        using var decoder = new Decoder(config, config.WeightShapes().ToDictionary(entry => entry.Key, entry => randn(entry.Value).mul(0.3f)));
        using var adapter = Bent(decoder, new AdapterOptions { Rank = 4, WeightDecomposed = decomposed });
        Assert.Equal(joined ? 2 * 4 : 2 * 7, adapter.Pairs.Count);
        using var fused = Fused(decoder, adapter, weight => weight.Value.clone());
        Assert.InRange(Difference(Logits(decoder), Logits(fused)), 0, 1e-4);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Fused_onto_the_original_weights_an_adapter_differs_by_about_as_much_as_quantisation_did(bool decomposed)
    {
        using var scope = NewDisposeScope();
        using var original = tiny.Load();
        using var quantized = tiny.Load(AdapterKind.Qlora);
        var quantization = Difference(Logits(original.Decoder), Logits(quantized.Decoder));
        using var adapter = Bent(quantized.Decoder, new AdapterOptions { Kind = AdapterKind.Qlora, Rank = 4, WeightDecomposed = decomposed });
        var originals = original.Decoder.Weights.ToDictionary(weight => weight.Name);
        using var fused = Fused(quantized.Decoder, adapter, weight => originals[weight.Name].Value.clone());
        Assert.True(quantization > 1e-4, "quantisation changed nothing");
        Assert.InRange(Difference(Logits(quantized.Decoder), Logits(fused)), 1e-4, quantization * 4);
    }

    [Theory]
    [InlineData(AdapterKind.Lora, false)]
    [InlineData(AdapterKind.Lora, true)]
    [InlineData(AdapterKind.Qlora, false)]
    [InlineData(AdapterKind.Qlora, true)]
    public void A_text_that_grows_gets_the_logits_of_reading_it_at_once(AdapterKind kind, bool decomposed)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = tiny.Load(kind);
        var bare = Logits(model.Decoder);
        using var adapter = Bent(model.Decoder, new AdapterOptions { Kind = kind, Rank = 4, WeightDecomposed = decomposed });
        var expected = Logits(model.Decoder);
        Assert.True(Difference(bare, expected) > 0.01, "the adapter changed nothing");
        using var cache = new KeyValueCache(model.Decoder.Config, 1, Ids.Length);
        for (var place = 0; place < Ids.Length; place++)
        {
            using var layout = SequenceLayout.At(model.Decoder.Rotary, 1, 1, [place], null);
            Assert.InRange(Difference(expected[place], model.Decoder.Logits(model.Decoder.Hidden([Ids[place]], layout, cache))), 0, 1e-4);
        }
    }

    [Fact]
    public void Taken_off_and_put_back_on_it_answers_as_before()
    {
        using var scope = NewDisposeScope();
        using var model = tiny.Load();
        var bare = Logits(model.Decoder);
        using var adapter = Bent(model.Decoder, new AdapterOptions { Rank = 4 });
        var wrapped = Logits(model.Decoder);
        adapter.Detach();
        Assert.True(bare.equal(Logits(model.Decoder)).all().item<bool>());
        adapter.Attach();
        Assert.True(wrapped.equal(Logits(model.Decoder)).all().item<bool>());
    }

    [Fact]
    public void Two_adapters_take_turns_on_one_base_and_one_that_goes_leaves_the_other_on()
    {
        using var scope = NewDisposeScope();
        using var model = tiny.Load();
        using var second = Bent(model.Decoder, new AdapterOptions { Rank = 2, WeightDecomposed = true });
        var ofSecond = Logits(model.Decoder);
        var first = Bent(model.Decoder, new AdapterOptions { Rank = 4, TargetModules = ["q_proj"] });
        second.Detach();
        var ofFirst = Logits(model.Decoder);
        Assert.True(Difference(ofFirst, ofSecond) > 1e-3);
        first.Detach();
        second.Attach();
        first.Dispose();
        Assert.True(ofSecond.equal(Logits(model.Decoder)).all().item<bool>());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_stored_adapter_answers_as_the_one_it_was_stored_from(bool decomposed)
    {
        using var scope = NewDisposeScope();
        using var model = tiny.Load();
        var options = new AdapterOptions { Rank = 4, WeightDecomposed = decomposed };
        var trained = Bent(model.Decoder, options);
        var wanted = Logits(model.Decoder);
        var tensors = trained.Tensors().ToDictionary(entry => entry.Key, entry => entry.Value.clone());
        trained.Dispose();
        using var stored = LoraAdapter.Wrap(model.Decoder, options, tensors);
        // Not to the bit: a product's last digit may depend on where in memory its factors begin.
        Assert.InRange(Difference(wanted, Logits(model.Decoder)), 0, 1e-5);
    }

    [Fact]
    public void Tensors_that_do_not_fit_the_decoder_are_all_listed()
    {
        using var scope = NewDisposeScope();
        using var model = tiny.Load();
        var options = new AdapterOptions { Rank = 4, WeightDecomposed = true, TargetModules = ["layers.0.self_attn.k_proj"] };
        var fault = Assert.Throws<InputError>(() => LoraAdapter.Wrap(model.Decoder, options, new Dictionary<string, Tensor>
        {
            ["model.layers.0.self_attn.k_proj.lora_A"] = ones(4, 31), ["model.layers.0.self_attn.k_proj.lora_B"] = ones(16, 4),
            ["model.layers.1.self_attn.k_proj.lora_B"] = ones(16, 4),
        }));
        Assert.Equal(
            """
            adapter tensor model.layers.1.self_attn.k_proj.lora_B: found one, but the adapter's target modules have no such place
            adapter tensor model.layers.0.self_attn.k_proj.lora_A: found [4, 31]; allowed: [4, 32]
            adapter tensor model.layers.0.self_attn.k_proj.lora_magnitude_vector: found none; allowed: [16]
            """, fault.Message);
    }

    [Fact]
    public void An_unknown_target_module_is_named_with_those_allowed()
    {
        using var model = tiny.Load();
        var fault = Assert.Throws<InputError>(() => LoraAdapter.Wrap(model.Decoder, new AdapterOptions { TargetModules = ["q_proj", "query"] }, 1));
        Assert.Equal("adapter.target_modules: found query; allowed: all-linear, or any of q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj", fault.Message);
    }

    [Fact]
    public void All_linear_leaves_the_head_out()
    {
        using var scope = NewDisposeScope();
        using var model = tiny.Load();
        using var adapter = LoraAdapter.Wrap(model.Decoder, new AdapterOptions { Rank = 1 }, seed: 1);
        Assert.Equal(2 * 7, adapter.Pairs.Count);
        Assert.DoesNotContain(adapter.Pairs, pair => pair.Path.Contains("head", StringComparison.Ordinal) || pair.Path.Contains("embed", StringComparison.Ordinal));
    }

    /// <summary>An adapter away from its beginning.</summary>
    private static LoraAdapter Bent(Decoder decoder, AdapterOptions options)
    {
        var adapter = LoraAdapter.Wrap(decoder, options, seed: 1);
        using var noGradient = no_grad();
        foreach (var pair in adapter.Pairs)
        {
            pair.B.Value.fill_(0.05);
            pair.Magnitude?.Value.mul_(1.1);
        }
        return adapter;
    }

    private static Decoder Fused(Decoder decoder, LoraAdapter adapter, Func<Weight, Tensor> original) =>
        new(decoder.Config, decoder.Weights.ToDictionary(weight => weight.Name, weight => adapter.Fuse(weight.Name, original(weight))));

    private static double Difference(Tensor left, Tensor right) => left.sub(right).abs().max().item<float>();

    private static Tensor Logits(Decoder decoder)
    {
        using var noGradient = no_grad();
        using var layout = SequenceLayout.Causal(decoder.Rotary, 1, Ids.Length);
        return decoder.Logits(decoder.Hidden(Ids, layout));
    }
}
