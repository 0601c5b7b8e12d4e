using Serverless.Learning.Models;
using Serverless.Learning.Kernels;
using Serverless.Learning.Native;
using Serverless.Learning.Quantization;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Quantization;

public sealed class Int8Tests
{
    public Int8Tests()
    {
        NativeRuntime.EnsureLoaded();
        NativeRuntime.SetThreads(1);
        manual_seed(41);
    }

    [Fact]
    public void Each_value_is_the_nearest_of_its_row_of_codes()
    {
        using var scope = NewDisposeScope();
        // Rows of very different size: each has a scale of its own.
        var weight = randn(40, 130).mul(tensor(Enumerable.Range(0, 40).Select(row => MathF.Pow(2, row - 20)).ToArray()).unsqueeze(1));
        using var matrix = Int8Matrix.Quantize(weight);
        var halfSteps = weight.abs().amax([1], keepdim: true).div(254);
        Assert.True(matrix.Expand(0, 40, ScalarType.Float32).sub(weight).abs().le(halfSteps.mul(1.0001f)).all().item<bool>());
        Assert.Equal(40 * 130 + 40 * sizeof(float), matrix.Bytes);
    }

    [Fact]
    public void The_largest_value_of_a_row_stays_what_it_was_and_a_row_of_zeros_is_zero()
    {
        using var scope = NewDisposeScope();
        var weight = tensor(new float[] { -2.54f, 1, 0.008f, 0, 0, 0 }).view(2, 3);
        using var matrix = Int8Matrix.Quantize(weight);
        var numbers = matrix.Expand(0, 2, ScalarType.Float32).data<float>().ToArray();
        Assert.Equal([-2.54f, 1f, 0, 0, 0, 0], numbers.Select(number => MathF.Round(number, 5)));
    }

    [Fact]
    public void Rows_are_taken_and_expanded_alike()
    {
        using var scope = NewDisposeScope();
        using var matrix = Int8Matrix.Quantize(randn(20, 9));
        var all = matrix.Expand(0, 20, ScalarType.Float32);
        Assert.True(all.narrow(0, 7, 3).equal(matrix.Expand(7, 3, ScalarType.Float32)).all().item<bool>());
        Assert.True(all.index_select(0, tensor(new long[] { 3, 3, 19 })).equal(matrix.TakeRows(tensor(new long[] { 3, 3, 19 }))).all().item<bool>());
        Assert.Equal(ScalarType.BFloat16, matrix.Expand(0, 1, ScalarType.BFloat16).dtype);
    }

    [Fact]
    public void A_product_of_many_rows_is_that_of_the_expanded_matrix()
    {
        using var scope = NewDisposeScope();
        using var matrix = Int8Matrix.Quantize(randn(2500, 1030));
        var x = randn(70, 1030);
        var expected = x.mm(matrix.Expand(0, 2500, ScalarType.Float32).t());
        Assert.InRange(new FrozenMatrix(matrix.Shape, matrix.Expand).Multiply(x).sub(expected).abs().max().item<float>() / expected.abs().max().item<float>(), 0, 1e-5);
    }

    [Fact]
    public void A_quantised_weight_has_no_tensor()
    {
        using var weight = new Weight("a.weight", Int8Matrix.Quantize(ones(2, 2)));
        Assert.Equal("a.weight is quantised and has no tensor", Assert.Throws<InvalidOperationException>(() => weight.Value).Message);
    }
}
