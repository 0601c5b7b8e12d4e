using Serverless.Learning.Adapters;
using Serverless.Learning.Models;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Adapters;

public sealed class LoraAdapterTests(LoadedTinyModel tiny) : IClassFixture<LoadedTinyModel>
{
    private static readonly int[] Ids = [5, 17, 99, 140, 3, 280];

    [Fact]
    public void A_new_adapter_changes_nothing()
    {
        using var scope = NewDisposeScope();
        using var model = tiny.Load();
        var before = Logits(model);
        using var adapter = LoraAdapter.Wrap(model.Decoder, new AdapterOptions { Rank = 4 }, seed: 1);
        Assert.True(before.equal(Logits(model)).all().item<bool>());
    }

    [Fact]
    public void The_fused_adapter_answers_as_the_unfused_one()
    {
        using var scope = NewDisposeScope();
        using var model = tiny.Load();
        var before = Logits(model);
        using var adapter = LoraAdapter.Wrap(model.Decoder, new AdapterOptions { Rank = 4 }, seed: 1);
        using (no_grad())
            foreach (var pair in adapter.Pairs) pair.B.Value.fill_(0.05);
        var unfused = Logits(model);
        var fusedWeights = adapter.Fuse(model.Decoder);
        using var fused = new Decoder(model.Decoder.Config, fusedWeights.ToDictionary(entry => entry.Key, entry => entry.Value.clone()));
        var difference = unfused.sub(Logits(fused)).abs().max().item<float>();
        Assert.True(before.sub(unfused).abs().max().item<float>() > 0.01, "the adapter changed nothing");
        // Products associate differently in fp32: 1e-5 of logits near 1.
        Assert.True(difference < 1e-4, $"largest difference {difference}");
    }

    [Fact]
    public void Taken_off_and_put_back_on_it_answers_as_before()
    {
        using var scope = NewDisposeScope();
        using var model = tiny.Load();
        var bare = Logits(model);
        using var adapter = LoraAdapter.Wrap(model.Decoder, new AdapterOptions { Rank = 4 }, seed: 1);
        using (no_grad())
            foreach (var pair in adapter.Pairs) pair.B.Value.fill_(0.05);
        var wrapped = Logits(model);
        adapter.Detach();
        Assert.True(bare.equal(Logits(model)).all().item<bool>());
        adapter.Attach();
        Assert.True(wrapped.equal(Logits(model)).all().item<bool>());
    }

    [Fact]
    public void An_unknown_target_module_is_named_with_those_allowed()
    {
        using var model = tiny.Load();
        var fault = Assert.Throws<InputError>(() => LoraAdapter.Wrap(model.Decoder, new AdapterOptions { TargetModules = ["q_proj", "query"] }, 1));
        Assert.Equal("adapter.target_modules: found query; allowed: all-linear, or any of q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj", fault.Message);
    }

    private static Tensor Logits(LanguageModel model) => Logits(model.Decoder);

    private static Tensor Logits(Decoder decoder)
    {
        using var noGradient = no_grad();
        using var layout = SequenceLayout.Causal(decoder.Rotary, 1, Ids.Length);
        return decoder.Logits(decoder.Hidden(Ids, layout));
    }
}
