using Serverless.Learning.Adapters;
using Serverless.Learning.Models;
using Serverless.Learning.Models.Positions;
using Serverless.Learning.Native;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Models;

/// <summary>Rows that have been read and grow, and what holds of their next tokens.</summary>
internal static class GrowingRows
{
    public static readonly DecoderConfig Config = new()
    {
        VocabularySize = 3000, Width = 200, InnerWidth = 333, Layers = 3, Heads = 6, KeyValueHeads = 3, HeadSize = 32, NormEpsilon = 1e-6,
        Rotary = new RotarySettings(10000, 32), MaxLength = 200, TiedHead = false, Window = 20, SlidingLayers = [false, true],
    };

    public static Decoder Wide() => Drawn(Config);

    public static Decoder Drawn(DecoderConfig config)
    {
        using var scope = NewDisposeScope();
        return new Decoder(config, config.WeightShapes().ToDictionary(
            entry => entry.Key, entry => (entry.Value.Length == 2 ? randn(entry.Value).mul(0.1f) : randn(entry.Value).mul(0.3f).add(1f)).DetachFromDisposeScope()));
    }

    public static LoraAdapter Adapter(Decoder decoder, int rank, long seed, params string[] targets)
    {
        using var noGradient = no_grad();
        var options = new AdapterOptions { Rank = rank };
        var adapter = LoraAdapter.Wrap(decoder, targets.Length == 0 ? options : options with { TargetModules = targets }, seed);
        foreach (var pair in adapter.Pairs) pair.B.Value.copy_(randn(pair.B.Shape).mul(0.2f));
        return adapter;
    }

    /// <summary>Rows of 5, 4, 3, 5, ... tokens.</summary>
    public static KeyValueCache Read(Decoder decoder, int rows) => Read(decoder, rows, [.. Enumerable.Range(0, rows * 5).Select(at => at * 7 % 48)]);

    public static KeyValueCache Read(Decoder decoder, int rows, int[] ids)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var cache = new KeyValueCache(decoder.Config, rows, 5);
        using var layout = SequenceLayout.Causal(decoder.Rotary, rows, 5);
        decoder.Hidden(ids, layout, cache);
        for (var row = 0; row < rows; row++) cache.Cut(row, 5 - row % 3);
        return cache;
    }

    public static Tensor OneByOne(Decoder decoder, int[] ids, KeyValueCache cache, IReadOnlyList<LoraAdapter?>? adapters)
    {
        using var layout = SequenceLayout.At(decoder.Rotary, cache.Rows, 1, [.. Enumerable.Range(0, cache.Rows).Select(cache.LengthOf)], null);
        return decoder.Logits(decoder.Hidden(ids, layout, cache, adapters: adapters));
    }

    public static void AssertSameBits(
        Decoder decoder, int rows, int steps, IReadOnlyList<LoraAdapter?>? adapters = null, int threads = 1)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using var one = Read(decoder, rows);
        using var other = Read(decoder, rows);
        for (var step = 0; step < steps; step++)
        {
            int[] ids = [.. Enumerable.Range(0, rows).Select(row => (row * 11 + step * 5) % 48)];
            NativeRuntime.SetThreads(1);
            var expected = OneByOne(decoder, ids, one, adapters);
            NativeRuntime.SetThreads(threads);
            Assert.True(decoder.Growth.TryMultiply(ids, other, adapters, new float[rows * decoder.Config.VocabularySize]));
            for (var row = 0; row < rows; row++) other.Cut(row, other.LengthOf(row) - 1);
            var found = decoder.NextLogits(ids, other, adapters);
            Assert.True(expected.eq(found).all().item<bool>(), $"step {step}: logits differ by {expected.sub(found).abs().max().item<float>()}");
            Assert.Equal(one.LengthOf(rows - 1), other.LengthOf(rows - 1));
        }
    }

    public static void AssertLeft(Decoder decoder, int rows, IReadOnlyList<LoraAdapter?>? adapters = null)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using var one = Read(decoder, rows);
        using var other = Read(decoder, rows);
        int[] ids = [.. Enumerable.Range(0, rows).Select(row => row % 48)];
        Assert.False(decoder.Growth.TryMultiply(ids, other, adapters, new float[rows * decoder.Config.VocabularySize]));
        Assert.Equal(one.LengthOf(0), other.LengthOf(0));
        Assert.True(OneByOne(decoder, ids, one, adapters).eq(decoder.NextLogits(ids, other, adapters)).all().item<bool>());
        Assert.Equal(one.LengthOf(0), other.LengthOf(0));
    }
}
