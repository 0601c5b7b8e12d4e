using Serverless.Learning.Models;
using Serverless.Learning.Models.Positions;
using Serverless.Learning.Native;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Models;

public sealed class KeyValueCacheTests
{
    private static readonly DecoderConfig Config = new()
    {
        VocabularySize = 50, Width = 32, InnerWidth = 48, Layers = 2, Heads = 4, KeyValueHeads = 2, HeadSize = 16, NormEpsilon = 1e-6,
        Rotary = new RotarySettings(10000, 16), MaxLength = 1000, TiedHead = true, Window = 40, SlidingLayers = [false, true],
    };

    public KeyValueCacheTests()
    {
        NativeRuntime.EnsureLoaded();
        NativeRuntime.SetThreads(1);
        manual_seed(51);
    }

    [Fact]
    public void The_long_rest_of_a_text_gets_the_logits_of_reading_all_of_it_at_once()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var decoder = new Decoder(Config, Config.WeightShapes().ToDictionary(entry => entry.Key, entry => randn(entry.Value).mul(0.3f)));
        int[] ids = [.. Enumerable.Range(0, 620).Select(at => at * 7 % 50)];
        using var whole = SequenceLayout.Causal(decoder.Rotary, 1, ids.Length);
        var expected = decoder.Logits(decoder.Hidden(ids, whole));
        using var cache = new KeyValueCache(Config, 1, 20);
        var pieces = new List<Tensor>();
        foreach (var (start, count) in new[] { (0, 20), (20, 600) })
        {
            using var layout = SequenceLayout.At(decoder.Rotary, 1, count, [.. Enumerable.Range(start, count)], null);
            pieces.Add(decoder.Logits(decoder.Hidden(ids[start..(start + count)], layout, cache)));
        }
        // float32 in another order of summation.
        Assert.InRange(cat(pieces, 0).sub(expected).abs().max().item<float>() / expected.abs().max().item<float>(), 0, 5e-5);
    }

    [Fact]
    public void A_beginning_is_a_copy_of_its_own()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var decoder = new Decoder(Config, Config.WeightShapes().ToDictionary(entry => entry.Key, entry => randn(entry.Value).mul(0.3f)));
        int[] ids = [.. Enumerable.Range(0, 30)];
        var cache = new KeyValueCache(Config, 1, 30);
        using (var layout = SequenceLayout.Causal(decoder.Rotary, 1, 30)) decoder.Hidden(ids, layout, cache);
        using var beginning = cache.Beginning(0, 12, capacity: 12);
        cache.Dispose();
        Assert.Equal((1, 12), (beginning.Rows, beginning.LengthOf(0)));
        using var rest = SequenceLayout.At(decoder.Rotary, 1, 18, [.. Enumerable.Range(12, 18)], null);
        using var all = SequenceLayout.Causal(decoder.Rotary, 1, 30);
        var expected = decoder.Logits(decoder.Hidden(ids, all)).narrow(0, 12, 18);
        var found = decoder.Logits(decoder.Hidden(ids[12..], rest, beginning));
        Assert.InRange(found.sub(expected).abs().max().item<float>() / expected.abs().max().item<float>(), 0, 5e-5);
    }
}
