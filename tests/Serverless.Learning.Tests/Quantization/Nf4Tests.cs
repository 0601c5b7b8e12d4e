using Serverless.Learning.Kernels;
using Serverless.Learning.Native;
using Serverless.Learning.Quantization;
using Serverless.Learning.Tests.Adapters;
using TorchSharp;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Quantization;

public sealed class Nf4Tests : IDisposable
{
    private readonly DisposeScope scope;

    public Nf4Tests()
    {
        NativeRuntime.EnsureLoaded();
        scope = NewDisposeScope();
    }

    [Fact]
    public void The_constants_are_the_quantiles_that_the_paper_defines()
    {
        var golden = AdapterGolden.Read().Numbers("nf4Values");
        Assert.Equal(16, NormalFloat4.Values.Length);
        Assert.Equal(0f, NormalFloat4.Values[NormalFloat4.Zero]);
        // The paper prints them from a single-precision quantile function.
        for (var code = 0; code < 16; code++) Assert.Equal(golden[code], NormalFloat4.Values[code], 3e-7f);
    }

    [Fact]
    public void Codes_and_numbers_are_those_of_plain_PyTorch()
    {
        var golden = AdapterGolden.Read().GetProperty("large");
        using var matrix = Nf4Matrix.Quantize(Large());
        var numbers = matrix.Expand(0, 70, ScalarType.Float32);
        AdapterGolden.AssertNear(golden.Numbers("first"), numbers.flatten().narrow(0, 0, 70), 1e-6);
        AdapterGolden.AssertNear(golden.Numbers("last"), numbers.flatten().narrow(0, 70 * 257 - 10, 10), 1e-6);
        Assert.Equal(golden.GetProperty("sum").GetDouble(), numbers.to(ScalarType.Float64).sum().item<double>(), 1e-3);
        Assert.Equal(golden.GetProperty("squares").GetDouble(), numbers.to(ScalarType.Float64).square().sum().item<double>(), 1e-3);
    }

    [Fact]
    public void Any_rows_are_expanded_as_in_the_whole_and_bfloat16_is_the_rounded_float32()
    {
        // 257 columns: rows begin inside blocks and inside bytes.
        using var matrix = Nf4Matrix.Quantize(Large());
        var whole = matrix.Expand(0, 70, ScalarType.Float32);
        foreach (var (row, rows) in new[] { (0L, 1L), (1L, 3L), (33L, 37L), (69L, 1L) })
        {
            Assert.True(whole.narrow(0, row, rows).equal(matrix.Expand(row, rows, ScalarType.Float32)).all().item<bool>());
            Assert.True(whole.narrow(0, row, rows).to(ScalarType.BFloat16).equal(matrix.Expand(row, rows, ScalarType.BFloat16)).all().item<bool>());
        }
    }

    [Fact]
    public void Numbers_differ_from_the_original_by_no_more_than_half_the_widest_gap_and_the_scale_error()
    {
        var original = Large();
        using var matrix = Nf4Matrix.Quantize(original);
        var difference = original.sub(matrix.Expand(0, 70, ScalarType.Float32)).abs().max().item<float>();
        // The widest gap between codes is 0.304; scales up to 0.45 lie within 0.3 of their mean, an offset is right to 0.3 / 254.
        Assert.InRange(difference, 0, 0.45f * 0.152f + 0.3f / 254);
    }

    [Fact]
    public void Blocks_of_zeros_and_a_matrix_of_zeros_stay_zero()
    {
        using var zero = Nf4Matrix.Quantize(zeros(3, 64));
        Assert.Equal(0f, zero.Expand(0, 3, ScalarType.Float32).abs().max().item<float>());
        using var mixed = Nf4Matrix.Quantize(cat([zeros([1, 64]), ones([1, 64])]));
        Assert.Equal(0f, mixed.Expand(0, 1, ScalarType.Float32).abs().max().item<float>());
        Assert.Equal(1f, mixed.Expand(1, 1, ScalarType.Float32).min().item<float>(), 1e-3f);
    }

    [Fact]
    public void A_weight_takes_a_little_more_than_four_bits()
    {
        using var matrix = Nf4Matrix.Quantize(randn(256, 1024));
        Assert.Equal(256 * 1024 / 2 + 4096 + 16 * 4, matrix.Bytes); // codes, one byte of scale for 64 values, one step for 256 scales
    }

    [Theory]
    [InlineData(ScalarType.Float32, 1e-4)]
    [InlineData(ScalarType.BFloat16, 0.02)] // parts are summed in another order than one product does: a few roundings of 2^-8
    public void Products_and_gradients_are_those_of_the_expanded_matrix(ScalarType dtype, double tolerance)
    {
        // Three parts of 1024 rows at most.
        using var matrix = Nf4Matrix.Quantize(randn(2500, 2048).mul(0.02f));
        Assert.Equal(1024, TiledProduct.TileRows(matrix.Shape));
        var x = randn(3, 2048).to(dtype).requires_grad_(true);
        var twin = x.detach().clone().requires_grad_(true);
        var expanded = matrix.Expand(0, 2500, dtype);
        var gradient = randn(3, 2500).to(dtype);

        var y = new FrozenMatrix(matrix.Shape, matrix.Expand).Multiply(x);
        AutogradGraph.Backward(y.mul(gradient).sum());
        var dense = twin.mm(expanded.t());
        dense.mul(gradient).sum().backward();

        AssertClose(dense, y);
        AssertClose(twin.grad!, x.grad!);

        void AssertClose(Tensor wanted, Tensor found)
        {
            Assert.Equal(wanted.dtype, found.dtype);
            var scale = wanted.detach().to(ScalarType.Float32).abs().max().item<float>();
            Assert.InRange(wanted.detach().sub(found.detach()).to(ScalarType.Float32).abs().max().item<float>() / scale, 0, tolerance);
        }
    }

    [Fact]
    public void Row_squares_are_those_of_the_expanded_matrix()
    {
        using var matrix = Nf4Matrix.Quantize(randn(2500, 2048));
        var squares = matrix.Expand(0, 2500, ScalarType.Float32).square().sum(1);
        Assert.InRange(squares.sub(new FrozenMatrix(matrix.Shape, matrix.Expand).RowSquares()).abs().max().item<float>() / squares.max().item<float>(), 0, 1e-6);
    }

    public void Dispose() => scope.Dispose();

    private static Tensor Large()
    {
        var swell = arange(70 * 257, ScalarType.Float64).mul(0.011).sin().to(ScalarType.Float32).view(70, 257);
        return AdapterGolden.Draw(7, [70, 257]).mul(swell.mul(0.5f).add(1f));
    }
}
