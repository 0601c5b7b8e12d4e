using Serverless.Learning.Adapters;
using Serverless.Learning.Formats;
using Serverless.Learning.Kernels;
using Serverless.Learning.Models;
using Serverless.Learning.Native;
using Serverless.Learning.Tests.Formats;
using Serverless.Learning.Tests.Native;
using Serverless.Learning.Training;
using Serverless.Tests;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Models;

/// <summary>What holds for every family, whatever its weights: two ways to compute the same logits give the same.</summary>
[Collection(NativeState.Collection)]
public sealed class DecoderPropertyTests : IDisposable
{
    // float32 against float32 in another order of summation: logits of about one, a few 1e-6 apart.
    private const double Tolerance = 5e-5;

    private readonly TemporaryFolder folder = new();

    public DecoderPropertyTests() => NativeRuntime.EnsureLoaded();

    public static TheoryData<string> Families() => new(FamilyGolden.Names);

    [Theory]
    [MemberData(nameof(Families))]
    public void Decoding_with_the_cache_gives_the_logits_of_the_whole_text(string family)
    {
        using var scope = NewDisposeScope();
        using var outside = no_grad();
        using var decoder = Decoder.Load(FamilyGolden.Write(folder, family));
        var ids = FamilyGolden.Sequence(7, 20);
        var whole = Logits(decoder, ids);

        using var cache = new KeyValueCache(decoder.Config, 1, ids.Length);
        var pieces = new List<Tensor>();
        foreach (var (start, count) in new[] { (0, 9), (9, 3), (12, 1), (13, 1), (14, 6) })
        {
            using var layout = SequenceLayout.At(decoder.Rotary, 1, count, Enumerable.Range(start, count).ToArray(), null);
            pieces.Add(decoder.Logits(decoder.Hidden(ids[start..(start + count)], layout, cache)));
        }
        AssertEqual(whole, cat(pieces.ToArray(), 0));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Decoding_in_bfloat16_stays_near_the_logits_of_the_whole_text_in_it(string family)
    {
        using var scope = NewDisposeScope();
        using var outside = no_grad();
        using var decoder = Decoder.Load(FamilyGolden.Write(folder, family));
        decoder.ComputeType = ScalarType.BFloat16;
        var ids = FamilyGolden.Sequence(7, 12);
        var whole = Logits(decoder, ids);
        using var cache = new KeyValueCache(decoder.Config, 1, 4);
        var pieces = new List<Tensor>();
        foreach (var (start, count) in new[] { (0, 5), (5, 1), (6, 6) })
        {
            using var layout = SequenceLayout.At(decoder.Rotary, 1, count, Enumerable.Range(start, count).ToArray(), null);
            pieces.Add(decoder.Logits(decoder.Hidden(ids[start..(start + count)], layout, cache)));
        }
        var error = (cat(pieces.ToArray(), 0) - whole).abs().max().item<float>() / whole.abs().max().item<float>();
        // A few roundings to eight binary places, in other orders.
        Assert.True(error < 0.05, $"relative error {error:g3}");
    }

    [Theory]
    [InlineData(MatrixStorage.AsStored, Fused.FewRows + 1, true)]
    [InlineData(MatrixStorage.AsStored, Fused.FewRows, false)]
    [InlineData(MatrixStorage.Float32, Fused.FewRows + 1, false)]
    [InlineData(MatrixStorage.Int8, Fused.FewRows + 1, false)]
    public void A_long_prompt_of_matrices_kept_in_bfloat16_is_read_in_it_where_the_processor_knows_how(MatrixStorage storage, int length, bool differs)
    {
        using var scope = NewDisposeScope();
        using var outside = no_grad();
        using var decoder = Decoder.Load(TinyModel.Write(folder["tiny"]), storage: storage);
        int[] ids = [.. Enumerable.Range(3, length)];
        var (wide, narrow) = (Read(ScalarType.Float32), Read(ScalarType.BFloat16));
        Assert.Equal(ScalarType.Float32, decoder.ComputeType);
        if (!differs)
        {
            Assert.True(wide.equal(narrow).all().item<bool>());
            return;
        }
        // As in training in bfloat16: 1 part in 256 at every product.
        var error = (narrow - wide).square().mean().sqrt() / wide.square().mean().sqrt();
        Assert.InRange(error.item<float>(), 1e-6, 0.1);

        Tensor Read(ScalarType reading)
        {
            decoder.ReadingType = reading;
            using var cache = new KeyValueCache(decoder.Config, 1, length);
            using var layout = SequenceLayout.Causal(decoder.Rotary, 1, length);
            var hidden = decoder.Hidden(ids, layout, cache);
            Assert.Equal(ScalarType.Float32, hidden.dtype);
            return decoder.Logits(hidden);
        }
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Texts_packed_into_a_row_have_the_logits_they_have_alone(string family)
    {
        using var scope = NewDisposeScope();
        using var outside = no_grad();
        using var decoder = Decoder.Load(FamilyGolden.Write(folder, family));
        int[][] texts = [FamilyGolden.Sequence(1, 9), FamilyGolden.Sequence(2, 1), FamilyGolden.Sequence(3, 14)];
        using var layout = SequenceLayout.At(
            decoder.Rotary, 1, 24, texts.SelectMany(text => Enumerable.Range(0, text.Length)).ToArray(),
            texts.SelectMany((text, number) => Enumerable.Repeat(number, text.Length)).ToArray());
        var packed = decoder.Logits(decoder.Hidden(texts.SelectMany(text => text).ToArray(), layout));
        AssertEqual(cat(texts.Select(text => Logits(decoder, text)).ToArray(), 0), packed);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Both_kernel_paths_give_the_same_logits_in_bfloat16(string family)
    {
        using var scope = NewDisposeScope();
        using var outside = no_grad();
        using var decoder = Decoder.Load(FamilyGolden.Write(folder, family));
        var ids = FamilyGolden.Sequence(5, 20);
        var exact = Logits(decoder, ids);
        decoder.ComputeType = ScalarType.BFloat16;
        var before = NativeRuntime.KernelPath;
        try
        {
            foreach (var path in new[] { KernelPath.Plain, KernelPath.Fused })
            {
                NativeRuntime.KernelPath = path;
                // bfloat16 rounds to 1 part in 256, at every product of two or three layers.
                var error = (Logits(decoder, ids) - exact).square().mean().sqrt() / exact.square().mean().sqrt();
                Assert.InRange(error.item<float>(), 1e-6, 0.1);
            }
        }
        finally
        {
            NativeRuntime.KernelPath = before;
        }
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Both_kernel_paths_give_adapters_over_weights_as_stored_the_gradients_of_float32(string family)
    {
        using var scope = NewDisposeScope();
        var path = FamilyGolden.Write(folder, family, ScalarType.BFloat16);
        var before = NativeRuntime.KernelPath;
        try
        {
            var exact = AdapterGradients(path, MatrixStorage.Float32, ScalarType.Float32, KernelPath.Plain);
            foreach (var kernels in new[] { KernelPath.Plain, KernelPath.Fused })
            {
                Assert.InRange(Distance(AdapterGradients(path, MatrixStorage.AsStored, ScalarType.Float32, kernels), exact), 0, Tolerance);
                // bfloat16 rounds to 1 part in 256, at every product of two or three layers, there and back.
                Assert.InRange(Distance(AdapterGradients(path, MatrixStorage.AsStored, ScalarType.BFloat16, kernels), exact), 1e-6, 0.15);
            }
        }
        finally
        {
            NativeRuntime.KernelPath = before;
        }

        static float Distance(Tensor found, Tensor exact) => ((found - exact).norm() / exact.norm()).item<float>();
    }

    /// <summary>Gradients of an adapter around all products, none of whose factors is zero, from two texts of 30 tokens.</summary>
    private static Tensor AdapterGradients(string folder, MatrixStorage storage, ScalarType computed, KernelPath kernels)
    {
        NativeRuntime.KernelPath = kernels;
        using var decoder = Decoder.Load(folder, storage: storage);
        decoder.ComputeType = computed;
        using var adapter = LoraAdapter.Wrap(decoder, new AdapterOptions { Rank = 4 }, seed: 3);
        var number = 700;
        foreach (var pair in adapter.Pairs) pair.B.Replace(FamilyGolden.Draw(number++, pair.B.Shape, 0.1).DetachFromDisposeScope());
        using var parameters = new FlatParameters(adapter.Weights);
        int[] ids = [.. FamilyGolden.Sequence(6, 30), .. FamilyGolden.Sequence(7, 30)];
        using var layout = SequenceLayout.Causal(decoder.Rotary, 2, 30);
        AutogradGraph.Backward(decoder.Loss(decoder.Hidden(ids, layout), [.. ids.Skip(1), -1], 1.0 / 59).Loss);
        return parameters.Gradients.clone();
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void A_merged_folder_in_shards_is_read_back_as_the_same_model(string family)
    {
        using var scope = NewDisposeScope();
        using var outside = no_grad();
        var source = FamilyGolden.Write(folder, family);
        using var decoder = Decoder.Load(source);
        ModelFolder.WriteMerged(
            source, folder["merged"], decoder.Weights.ToDictionary(weight => weight.Name, weight => weight.Value), ScalarType.Float32, shardBytes: 40_000);

        Assert.True(Directory.GetFiles(folder["merged"], "model-*.safetensors").Length > 1);
        Assert.True(File.Exists(Path.Combine(folder["merged"], "model.safetensors.index.json")));
        using var merged = Decoder.Load(folder["merged"]);
        var ids = FamilyGolden.Sequence(5, 20);
        Assert.True(Logits(decoder, ids).eq(Logits(merged, ids)).all().item<bool>());
    }

    [Theory]
    [InlineData("language_model.model.", "language_model.")]
    [InlineData("model.language_model.", "")]
    public void The_text_model_of_a_Gemma_3_that_sees_is_read_and_written_alone(string prefix, string headPrefix)
    {
        using var scope = NewDisposeScope();
        using var outside = no_grad();
        using var flat = Decoder.Load(FamilyGolden.Write(folder, "gemma3"));
        Directory.CreateDirectory(folder["seeing"]);
        var text = FamilyGolden.Of("gemma3").GetProperty("config").GetRawText();
        File.WriteAllText(Path.Combine(folder["seeing"], "config.json"),
            $$"""{"model_type": "gemma3", "architectures": ["Gemma3ForConditionalGeneration"], "eos_token_id": [1, 7], "text_config": {{text}}, "vision_config": { } }""");
        var tensors = flat.Weights.ToDictionary(weight => prefix + weight.Name["model.".Length..], weight => weight.Value);
        tensors[headPrefix + "lm_head.weight"] = flat.Head.Value.clone();
        tensors["vision_tower.patch.weight"] = ones(3, 3);
        tensors["model.multi_modal_projector.weight"] = ones(3, 3);
        SafetensorsWriter.Write(Path.Combine(folder["seeing"], "model.safetensors"), tensors, new Dictionary<string, string>());

        using var seeing = Decoder.Load(folder["seeing"]);
        ModelFolder.WriteMerged(
            folder["seeing"], folder["merged"], seeing.Weights.ToDictionary(weight => weight.Name, weight => weight.Value), ScalarType.Float32);
        using var merged = Decoder.Load(folder["merged"]);
        Assert.Equal("gemma3_text", merged.Config.Family);
        Assert.Equal([1, 7], merged.Config.EndIds);
        var ids = FamilyGolden.Sequence(5, 20);
        Assert.True(Logits(flat, ids).eq(Logits(seeing, ids)).all().item<bool>());
        Assert.True(Logits(flat, ids).eq(Logits(merged, ids)).all().item<bool>());
    }

    [Fact]
    public void A_position_beyond_the_context_is_an_error_and_not_a_wrong_angle()
    {
        using var decoder = Decoder.Load(FamilyGolden.Write(folder, "llama"));
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => SequenceLayout.Causal(decoder.Rotary, 1, 65));
        Assert.StartsWith("The model's context has 64 positions.", error.Message);
    }

    public void Dispose() => folder.Dispose();

    private static Tensor Logits(Decoder decoder, int[] ids)
    {
        using var layout = SequenceLayout.Causal(decoder.Rotary, 1, ids.Length);
        return decoder.Logits(decoder.Hidden(ids, layout));
    }

    private static void AssertEqual(Tensor expected, Tensor found)
    {
        Assert.Equal(expected.shape, found.shape);
        var error = (expected - found).abs().max().item<float>();
        Assert.True(error <= Tolerance * (1 + expected.abs().max().item<float>()), $"logits differ by {error}");
    }
}
