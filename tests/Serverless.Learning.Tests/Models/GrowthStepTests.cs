using Serverless.Learning.Adapters;
using Serverless.Learning.Kernels;
using Serverless.Learning.Models;
using Serverless.Learning.Models.Positions;
using Serverless.Learning.Native;
using Serverless.Learning.Tests.Formats;
using Serverless.Learning.Tests.Native;
using static Serverless.Learning.Tests.Models.GrowingRows;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Models;

/// <summary>
/// A token of each row in one run of the threads, against the same token through one operation after the other: the same bits as through the fused
/// ones, and the logits and tokens of the plain ones.
/// </summary>
[Collection(NativeState.Collection)]
public sealed class GrowthStepTests : IDisposable
{
    // float32 in another order of summation, through two or three layers, as in DecoderPropertyTests.
    private const double Tolerance = 5e-5;

    private static readonly ScalarType[] Computed = [ScalarType.Float32, ScalarType.BFloat16];

    private readonly TemporaryFolder folder = new();

    public GrowthStepTests()
    {
        NativeRuntime.EnsureLoaded();
        NativeRuntime.SetThreads(1);
        manual_seed(71);
    }

    public static TheoryData<string, MatrixStorage> Cases()
    {
        var cases = new TheoryData<string, MatrixStorage>();
        foreach (var family in FamilyGolden.Names)
            foreach (var storage in new[] { MatrixStorage.Float32, MatrixStorage.AsStored, MatrixStorage.Int8 }) cases.Add(family, storage);
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_familys_rows_of_different_lengths_grow_by_the_bits_of_one_operation_after_the_other(string family, MatrixStorage storage)
    {
        using var decoder = Decoder.Load(FamilyGolden.Write(folder, family, ScalarType.BFloat16), storage: storage);
        foreach (var compute in Computed)
        {
            decoder.ComputeType = compute;
            foreach (var rows in new[] { 1, 3, 8 }) AssertSameBits(decoder, rows, steps: 12);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_familys_greedy_answer_and_its_logits_are_those_of_the_plain_operations(string family, MatrixStorage storage)
    {
        using var decoder = Decoder.Load(FamilyGolden.Write(folder, family, ScalarType.BFloat16), storage: storage);
        var (tokens, logits) = Greedy(decoder, KernelPath.Fused);
        var (expectedTokens, expectedLogits) = Greedy(decoder, KernelPath.Plain);
        Assert.Equal(expectedTokens, tokens);
        for (var i = 0; i < logits.Length; i++)
        {
            var wanted = expectedLogits[i];
            Assert.True(Math.Abs(wanted - logits[i]) <= Tolerance * (1 + Math.Abs(wanted)), $"logit {i}: {logits[i]} instead of {wanted}");
        }
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void Any_number_of_threads_and_rows_gives_the_same_bits(ScalarType compute)
    {
        using var decoder = Wide();
        decoder.ComputeType = compute;
        foreach (var threads in new[] { 1, 2, 5 })
        {
            foreach (var rows in new[] { 1, 2, 4, 7, Fused.FewRows })
            {
                AssertSameBits(decoder, rows, steps: 3, threads: threads);
            }
        }
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void An_adapter_around_the_products_has_the_bits_of_one_operation_after_the_other(ScalarType compute)
    {
        using var decoder = Wide();
        decoder.ComputeType = compute;
        using var adapter = Adapter(decoder, rank: 5, seed: 1);
        AssertSameBits(decoder, 1, steps: 3);
        AssertSameBits(decoder, 4, steps: 3);
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void Rows_with_adapters_of_their_own_have_the_bits_of_one_operation_after_the_other(ScalarType compute)
    {
        using var decoder = Wide();
        decoder.ComputeType = compute;
        using var first = Adapter(decoder.Beside(), rank: 5, seed: 1);
        using var second = Adapter(decoder.Beside(), rank: 8, seed: 2, "q_proj", "down_proj");
        AssertSameBits(decoder, 4, steps: 3, [first, null, second, first]);
        AssertSameBits(decoder, 2, steps: 3, [second, second]);
        AssertSameBits(decoder, 2, steps: 3, [null, null]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void In_bfloat16_each_tokens_log_probability_is_near_that_of_the_forward_pass_that_trains(bool adapted)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using var decoder = Wide();
        using var adapter = adapted ? Adapter(decoder, rank: 5, seed: 1) : null;
        int[] text = [.. Enumerable.Range(0, 40).Select(at => at * 37 % 48)];
        using var layout = SequenceLayout.Causal(decoder.Rotary, 1, text.Length);
        var exact = decoder.Logits(decoder.Hidden(text, layout)).log_softmax(1);
        decoder.ComputeType = ScalarType.BFloat16;
        var trained = decoder.Logits(decoder.Hidden(text, layout)).log_softmax(1);
        const int Begun = 5;
        using var cache = Read(decoder, 1, [.. text.Take(Begun)]);
        var grown = cat([.. text.Skip(Begun).Select(token => decoder.NextLogits([token], cache).log_softmax(1))]);

        double Apart(Tensor one, Tensor other) => one[TensorIndex.Slice(-grown.shape[0])].sub(other[TensorIndex.Slice(-grown.shape[0])]).abs().mean().item<float>();
        // They are as near to each other as what bfloat16 rounds away keeps each from float32, with logits of 10 at most.
        Assert.InRange(Apart(grown, trained), 0, 1.2 * Apart(trained, exact));
        Assert.InRange(Apart(trained, exact), 0, 0.15);
    }

    [Fact]
    public void The_plain_operations_and_many_rows_are_left_to_others()
    {
        using var decoder = Wide();
        AssertLeft(decoder, Fused.FewRows + 1);
        NativeRuntime.KernelPath = KernelPath.Plain;
        try
        {
            AssertLeft(decoder, 1);
        }
        finally
        {
            NativeRuntime.KernelPath = KernelPath.Fused;
        }
        AssertSameBits(decoder, 1, steps: 1);
    }

    [Fact]
    public void Narrow_heads_are_left_to_others()
    {
        using var decoder = Drawn(Config with { HeadSize = 24, Rotary = new RotarySettings(10000, 24) });
        AssertLeft(decoder, 2);
    }

    [Fact]
    public void Matrices_in_four_bits_are_left_to_others()
    {
        using var decoder = Wide();
        decoder.QuantizeLinears();
        AssertLeft(decoder, 2);
    }

    [Fact]
    public void Products_of_one_input_whose_matrices_stand_in_memory_in_two_ways_are_left_to_others()
    {
        using var decoder = Wide();
        var keys = decoder.Weights.Single(weight => weight.Name == "model.layers.1.self_attn.k_proj.weight");
        keys.Replace(keys.Value.to(ScalarType.BFloat16).DetachFromDisposeScope());
        AssertLeft(decoder, 2);
    }

    [Fact]
    public void Adapters_with_magnitudes_are_left_to_others()
    {
        using var decoder = Wide();
        using (var around = LoraAdapter.Wrap(decoder, new AdapterOptions { Rank = 4, WeightDecomposed = true }, seed: 3)) AssertLeft(decoder, 1);
        using var own = LoraAdapter.Wrap(decoder.Beside(), new AdapterOptions { Rank = 4, WeightDecomposed = true }, seed: 3);
        AssertLeft(decoder, 2, [null, own]);
        AssertSameBits(decoder, 2, steps: 1);
    }

    [Fact]
    public void Weights_that_were_exchanged_count_from_the_next_token_on()
    {
        using var scope = NewDisposeScope();
        using var decoder = Wide();
        AssertSameBits(decoder, 2, steps: 1);
        foreach (var weight in decoder.Weights) weight.Replace(randn(weight.Shape).mul(weight.Shape.Length == 2 ? 0.1f : 1f).DetachFromDisposeScope());
        AssertSameBits(decoder, 2, steps: 2);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(3000)]
    public void A_token_outside_of_the_vocabulary_is_an_error_and_not_a_place_in_memory(int id)
    {
        using var decoder = Wide();
        using var cache = Read(decoder, 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => decoder.NextLogits([id], cache));
    }

    [Fact]
    public void A_token_beyond_the_context_is_an_error()
    {
        using var decoder = Drawn(Config with { MaxLength = 6 });
        using var cache = Read(decoder, 1);
        decoder.NextLogits([1], cache).Dispose();
        Assert.Throws<ArgumentOutOfRangeException>(() => decoder.NextLogits([1], cache));
    }

    public void Dispose() => folder.Dispose();

    private static (List<int> Tokens, float[] Logits) Greedy(Decoder decoder, KernelPath path)
    {
        NativeRuntime.KernelPath = path;
        try
        {
            using var noGradient = no_grad();
            using var scope = NewDisposeScope();
            using var cache = Read(decoder, 1);
            var (tokens, logits, id) = (new List<int>(), new List<float>(), 3);
            for (var step = 0; step < 20; step++)
            {
                var next = decoder.NextLogits([id], cache).data<float>().ToArray();
                logits.AddRange(next);
                tokens.Add(id = next.AsSpan().IndexOf(next.Max()));
            }
            return (tokens, [.. logits]);
        }
        finally
        {
            NativeRuntime.KernelPath = KernelPath.Fused;
        }
    }
}
