using Serverless.Learning.Kernels;
using Serverless.Learning.Native;
using Serverless.Learning.Quantization;
using Serverless.Learning.Tests.Native;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Kernels;

/// <summary>
/// Products of a few rows against libtorch's in float64 on the same numbers. Tolerance 4e-6 of the largest value: float32 sums of a thousand products.
/// </summary>
[Collection(NativeState.Collection)]
public sealed class RowProductTests
{
    private const double Tolerance = 4e-6;

    public RowProductTests()
    {
        NativeRuntime.EnsureLoaded();
        NativeRuntime.SetThreads(1);
        manual_seed(31);
    }

    public static TheoryData<ScalarType, int, int, int> Sizes
    {
        get
        {
            var sizes = new TheoryData<ScalarType, int, int, int>();
            foreach (var dtype in new[] { ScalarType.Float32, ScalarType.BFloat16, ScalarType.Int8 })
            {
                foreach (var (rows, outputs, width) in new[] { (1, 1, 1), (1, 6, 8), (1, 300, 576), (2, 7, 13), (3, 12, 100), (4, 37, 64), (5, 50, 1000), (16, 129, 72), (64, 200, 40), (65, 24, 40) })
                    sizes.Add(dtype, rows, outputs, width);
            }
            return sizes;
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void A_product_of_few_rows_is_that_of_libtorch(ScalarType dtype, int rows, int outputs, int width)
    {
        foreach (var threads in new[] { 1, 2 })
        {
            NativeRuntime.SetThreads(threads);
            using var scope = NewDisposeScope();
            using var weight = new Factor(dtype, outputs, width);
            var x = randn(rows, width);
            var expected = x.to(ScalarType.Float64).mm(weight.Row.Numbers(ScalarType.Float32).to(ScalarType.Float64).t());
            AssertClose(expected, Fused.RowProducts(x, weight.Row)[0]);
            AssertClose(expected, Plain.RowProducts(x, weight.Row)[0]);
        }
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Int8)]
    public void A_row_has_the_same_bits_whatever_rows_and_products_are_beside_it_and_with_any_number_of_threads(ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        using var first = new Factor(dtype, 200, 604);
        using var second = new Factor(dtype, 99, 604);
        var x = randn(Fused.FewRows, 604);
        foreach (var threads in new[] { 1, 2 })
        {
            foreach (var rows in new[] { 1, 2, 3, 4, 7, 16, Fused.FewRows })
            {
                NativeRuntime.SetThreads(threads);
                var together = Fused.RowProducts(x.narrow(0, 0, rows), first.Row, second.Row);
                NativeRuntime.SetThreads(1);
                for (var row = 0; row < rows; row++)
                {
                    AssertSame(Fused.RowProducts(x.narrow(0, row, 1), first.Row)[0][0], together[0][row]);
                    AssertSame(Fused.RowProducts(x.narrow(0, row, 1), second.Row)[0][0], together[1][row]);
                }
            }
        }
    }

    [Fact]
    public void A_matrix_kept_in_bfloat16_gives_the_bits_of_the_same_numbers_in_float32()
    {
        using var scope = NewDisposeScope();
        var narrow = randn(100, 200).to(ScalarType.BFloat16);
        var wide = narrow.to(ScalarType.Float32);
        foreach (var rows in new[] { 1, 5 })
        {
            var x = randn(rows, 200);
            AssertSame(Fused.RowProducts(x, RowFactor.Of(wide)!)[0], Fused.RowProducts(x, RowFactor.Of(narrow)!)[0]);
        }
    }

    [Fact]
    public void Factors_of_several_dtypes_are_multiplied_by_libtorch()
    {
        using var scope = NewDisposeScope();
        using var wide = new Factor(ScalarType.Float32, 20, 30);
        using var narrow = new Factor(ScalarType.BFloat16, 10, 30);
        var x = randn(2, 30);
        var products = Fused.RowProducts(x, wide.Row, narrow.Row);
        AssertClose(Plain.RowProducts(x, wide.Row)[0], products[0]);
        AssertClose(Plain.RowProducts(x, narrow.Row)[0], products[1]);
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Int8)]
    public void Rows_in_bfloat16_are_multiplied_with_weights_that_count_as_bfloat16(ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        using var weight = new Factor(dtype, 21, 45);
        var x = randn(5, 45).to(ScalarType.BFloat16);
        var product = Fused.RowProducts(x, weight.Row)[0];
        Assert.Equal(ScalarType.BFloat16, product.dtype);
        // Sums in float32 of what both factors are in bfloat16, rounded once: half a unit in the last of eight places. Codes are not rounded first.
        var numbers = dtype == ScalarType.Int8 ? weight.Row.Numbers(ScalarType.Float32) : weight.Row.Numbers(ScalarType.BFloat16).to(ScalarType.Float32);
        var exact = x.to(ScalarType.Float32).mm(numbers.t());
        Assert.True(product.to(ScalarType.Float32).sub(exact).abs().le(exact.abs().mul(0.0040f).add(1e-5f)).all().item<bool>());
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 16)]
    [InlineData(17, 13)]
    [InlineData(65, 8)]
    public void Low_rank_updates_are_added_to_the_products_that_have_one(int rows, int rank)
    {
        foreach (var threads in new[] { 1, 2 })
        {
            NativeRuntime.SetThreads(threads);
            using var scope = NewDisposeScope();
            var x = randn(rows, 77);
            Tensor[] products = [randn(rows, 50), randn(rows, 9), randn(rows, 301)];
            LowRankUpdate?[] updates = [Update(50), null, Update(301)];
            var before = products.Select(product => product.clone()).ToArray();
            var expected = Plain.AddLowRank(before, x, updates);
            var updated = Fused.AddLowRank(products, x, updates);
            Assert.Equal(expected.Select(each => string.Join(' ', each.shape)), updated.Select(each => string.Join(' ', each.shape)));
            for (var i = 0; i < products.Length; i++) AssertClose(expected[i], updated[i]);
            AssertSame(before[1], updated[1]);
            Assert.True(expected[0].sub(before[0]).abs().max().item<float>() > 0.1, "the update changed nothing");
        }

        LowRankUpdate Update(int outputs) => new(RowFactor.Of(randn(rank, 77))!, RowFactor.Of(randn(outputs, rank))!, 0.5);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(6)]
    [InlineData(65)]
    public void Rows_with_updates_of_their_own_have_the_bits_that_each_has_alone(int rows)
    {
        using var scope = NewDisposeScope();
        var x = randn(rows, 60);
        Tensor[] products = [randn(rows, 50), randn(rows, 301)];
        // Adapters of several ranks, rows without one, and products without one.
        var updates = products.SelectMany((product, i) => Enumerable.Range(0, rows).Select(row => (row + i) % 3 == 0 ? null : Update(4 + row % 3 * 6, (int)product.shape[1]))).ToArray();
        var expected = Plain.AddLowRankByRow([.. products.Select(product => product.clone())], x, updates);
        foreach (var threads in new[] { 1, 2 })
        {
            NativeRuntime.SetThreads(threads);
            var updated = Fused.AddLowRankByRow([.. products.Select(product => product.clone())], x, updates);
            for (var i = 0; i < products.Length; i++)
            {
                AssertClose(expected[i], updated[i]);
                for (var row = 0; row < rows && rows <= Fused.FewRows; row++)
                    AssertSame(Fused.AddLowRank([products[i].narrow(0, row, 1).clone()], x.narrow(0, row, 1), updates[i * rows + row])[0][0], updated[i][row]);
            }
        }

        LowRankUpdate? Update(int rank, int outputs) => new(RowFactor.Of(randn(rank, 60))!, RowFactor.Of(randn(outputs, rank))!, 1.5);
    }

    [Fact]
    public void A_row_with_an_update_has_the_same_bits_whatever_rows_are_beside_it()
    {
        using var scope = NewDisposeScope();
        var update = new LowRankUpdate(RowFactor.Of(randn(16, 96))!, RowFactor.Of(randn(100, 16))!, 2);
        var (x, product) = (randn(9, 96), randn(9, 100));
        var together = Fused.AddLowRank([product.clone()], x, update)[0];
        for (var row = 0; row < 9; row++)
            AssertSame(Fused.AddLowRank([product.narrow(0, row, 1).clone()], x.narrow(0, row, 1), update)[0][0], together[row]);
    }

    private static void AssertClose(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.shape, actual.shape);
        var error = actual.to(ScalarType.Float64).sub(expected.to(ScalarType.Float64)).abs().max().item<double>()
                    / expected.to(ScalarType.Float64).abs().max().item<double>();
        Assert.True(error <= Tolerance, $"relative error {error:g3}");
    }

    private static void AssertSame(Tensor expected, Tensor actual) => Assert.True(expected.equal(actual).all().item<bool>());

    /// <summary>A random matrix as it is held.</summary>
    private sealed class Factor : IDisposable
    {
        private readonly Int8Matrix? codes;

        public Factor(ScalarType dtype, int outputs, int width)
        {
            var numbers = randn(outputs, width);
            codes = dtype == ScalarType.Int8 ? Int8Matrix.Quantize(numbers) : null;
            Row = codes?.Factor ?? RowFactor.Of(numbers.to(dtype))!;
        }

        public RowFactor Row { get; }

        public void Dispose() => codes?.Dispose();
    }
}
