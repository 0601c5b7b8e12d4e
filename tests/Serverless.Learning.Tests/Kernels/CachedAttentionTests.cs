using Serverless.Learning.Kernels;
using Serverless.Learning.Native;
using Serverless.Learning.Tests.Native;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Kernels;

/// <summary>
/// Attention over a cache: against the plain attention over each row's own keys, and the kernel against its plain twin. Tolerance 2e-5 of the
/// largest value, as for the attention over whole texts.
/// </summary>
[Collection(NativeState.Collection)]
public sealed class CachedAttentionTests
{
    private static readonly int[] Slots = [4, 0, 2];
    private static readonly int[] Lengths = [19, 0, 7];

    public CachedAttentionTests()
    {
        NativeRuntime.EnsureLoaded();
        NativeRuntime.SetThreads(1);
    }

    public static TheoryData<int, int, int, int, int?, double?> Shapes => new()
    {
        { 4, 2, 1, 32, null, null }, { 4, 2, 5, 64, null, null }, { 3, 3, 1, 16, 6, null }, { 8, 1, 3, 128, 2, null }, { 2, 2, 2, 16, null, 1.5 }, { 2, 1, 1, 24, null, null },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Each_row_gets_what_attention_over_its_own_keys_alone_gives(int heads, int groups, int times, int width, int? window, double? softCap)
    {
        using var scope = NewDisposeScope();
        manual_seed(21);
        var (q, keys, values) = Cached(heads, groups, times, width);
        foreach (var cached in Both(q, keys, values, window, softCap))
        {
            for (var row = 0; row < Slots.Length; row++)
            {
                var seen = Lengths[row] + times;
                Tensor Own(Tensor side) => side.narrow(0, Slots[row], 1).narrow(2, 0, seen);
                AssertClose(
                    Plain.CausalAttention(q.narrow(0, row, 1), Own(keys), Own(values), null, 1 / Math.Sqrt(width), window, softCap).squeeze(0), cached[row]);
            }
        }
    }

    [Fact]
    public void Queries_in_bfloat16_read_the_float32_cache()
    {
        using var scope = NewDisposeScope();
        manual_seed(22);
        var (q, keys, values) = Cached(4, 2, 1, 32);
        var rounded = q.to(ScalarType.BFloat16);
        foreach (var cached in Both(rounded, keys, values, null, null))
        {
            Assert.Equal(ScalarType.BFloat16, cached.dtype);
            // Half a unit in the last of bfloat16's eight places.
            AssertClose(Plain.CachedAttention(rounded.to(ScalarType.Float32), keys, values, Slots, Lengths, 1 / Math.Sqrt(32)), cached.to(ScalarType.Float32), 4e-3);
        }
    }

    [Fact]
    public void Two_threads_give_the_bits_of_one()
    {
        using var scope = NewDisposeScope();
        manual_seed(23);
        var (q, keys, values) = Cached(4, 2, 3, 64);
        Tensor With(int threads)
        {
            NativeRuntime.SetThreads(threads);
            return Fused.CachedAttention(q, keys, values, Slots, Lengths, 0.125);
        }
        Assert.True(With(1).eq(With(2)).all().item<bool>());
    }

    [Fact]
    public void New_vectors_are_stored_behind_those_of_their_row_and_nothing_else_changes()
    {
        using var scope = NewDisposeScope();
        manual_seed(24);
        var rows = randn(3, 3, 2, 16).transpose(1, 2);
        var before = randn(5, 2, 24, 16);
        var expected = before.clone();
        for (var row = 0; row < 3; row++) expected.select(0, Slots[row]).narrow(1, Lengths[row], 3).copy_(rows.select(0, row));
        foreach (var store in new Action<Tensor, Tensor, int[], int[]>[] { Plain.StoreRows, Fused.StoreRows })
        {
            var into = before.clone();
            store(rows, into, Slots, Lengths);
            Assert.True(into.eq(expected).all().item<bool>());
        }
    }

    private static (Tensor Q, Tensor Keys, Tensor Values) Cached(int heads, int groups, int times, int width)
    {
        var (keys, values) = (randn(5, groups, 24, width), randn(5, groups, 24, width));
        // What lies behind a row's last token is anything.
        foreach (var (slot, length) in Slots.Zip(Lengths))
        {
            keys.select(0, slot).narrow(1, length + times, 24 - length - times).fill_(float.NaN);
            values.select(0, slot).narrow(1, length + times, 24 - length - times).fill_(float.NaN);
        }
        return (randn(3, times, heads, width).transpose(1, 2) * 2, keys, values);
    }

    private static Tensor[] Both(Tensor q, Tensor keys, Tensor values, int? window, double? softCap)
    {
        var scale = 1 / Math.Sqrt(q.shape[3]);
        return [Plain.CachedAttention(q, keys, values, Slots, Lengths, scale, window, softCap), Fused.CachedAttention(q, keys, values, Slots, Lengths, scale, window, softCap)];
    }

    private static void AssertClose(Tensor expected, Tensor actual, double tolerance = 2e-5)
    {
        Assert.Equal(expected.shape, actual.shape);
        var error = (actual - expected).abs().max().item<float>() / expected.abs().max().item<float>();
        Assert.True(error <= tolerance, $"relative error {error:g3}");
    }
}
