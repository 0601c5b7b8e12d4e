using Serverless.Learning.Kernels;
using Serverless.Learning.Native;
using Serverless.Learning.Tests.Native;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Kernels;

/// <summary>
/// The residual stream's sums and norms against the plain twin in fp32 on the same numbers. Tolerance 1e-5 in fp32, sums in another order; 1e-2 in
/// bf16, whose results and gradients are rounded to 8 bits (2e-3).
/// </summary>
[Collection(NativeState.Collection)]
public sealed class AddNormTests
{
    public AddNormTests()
    {
        NativeRuntime.EnsureLoaded();
        NativeRuntime.SetThreads(1);
        manual_seed(61);
    }

    [Theory]
    [InlineData(ScalarType.Float32, 1e-5)]
    [InlineData(ScalarType.BFloat16, 1e-2)]
    public void A_sum_and_its_norm_have_the_twins_values_and_gradients(ScalarType dtype, double tolerance)
    {
        using var scope = NewDisposeScope();
        var weight = randn(88);
        Twins.AssertEqual(
            tolerance, [Rounded(50, 88), Rounded(50, 88)],
            x => Both(Plain.AddNorm(x[0], x[1], weight, 1e-6, ScalarType.Float32)),
            x => Both(Fused.AddNorm(x[0], x[1].to(dtype), weight, 1e-6, dtype)));
        Twins.AssertEqual(
            tolerance, [Rounded(50, 88)],
            x => Both(Plain.AddNorm(x[0], null, weight, 1e-6, ScalarType.Float32)), x => Both(Fused.AddNorm(x[0], null, weight, 1e-6, dtype)));
    }

    [Theory]
    [InlineData(ScalarType.Float32, 1e-5)]
    [InlineData(ScalarType.BFloat16, 1e-2)]
    public void A_weight_that_trains_and_a_branch_in_another_dtype_have_the_twins_values_and_gradients(ScalarType dtype, double tolerance)
    {
        using var scope = NewDisposeScope();
        var other = dtype == ScalarType.Float32 ? ScalarType.BFloat16 : ScalarType.Float32;
        Twins.AssertEqual(
            1e-2, [Rounded(50, 88), Rounded(50, 88), randn(88)],
            x => Both(Plain.AddNorm(x[0], x[1], x[2], 1e-6, ScalarType.Float32)), x => Both(Fused.AddNorm(x[0], x[1].to(other), x[2], 1e-6, dtype)));
        Twins.AssertEqual(
            tolerance, [Rounded(50, 88), randn(88)],
            x => Both(Plain.AddNorm(x[0], null, x[1], 1e-6, ScalarType.Float32)), x => Both(Fused.AddNorm(x[0], null, x[1], 1e-6, dtype)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_nothing_depends_on_has_no_part_in_the_gradients(bool ofSum)
    {
        using var scope = NewDisposeScope();
        var weight = randn(40);
        Twins.AssertEqual(
            1e-5, [randn(9, 40), randn(9, 40)],
            x => One(Plain.AddNorm(x[0], x[1], weight, 1e-6, ScalarType.Float32)), x => One(Fused.AddNorm(x[0], x[1], weight, 1e-6, ScalarType.Float32)));

        Tensor One((Tensor Sum, Tensor Normed) result) => ofSum ? result.Sum : result.Normed;
    }

    [Theory]
    [InlineData(ScalarType.Float32, 1e-6)]
    [InlineData(ScalarType.BFloat16, 1e-2)]
    public void A_branch_is_added_as_the_twin_adds_it(ScalarType dtype, double tolerance)
    {
        using var scope = NewDisposeScope();
        Twins.AssertEqual(
            tolerance, [Rounded(9, 41), Rounded(9, 41)], x => Plain.AddBranch(x[0], x[1]), x => Fused.AddBranch(x[0], x[1].to(dtype)));
    }

    private static Tensor Both((Tensor Sum, Tensor Normed) result) => cat([result.Sum, result.Normed.to(ScalarType.Float32)], 1);

    /// <summary>fp32 numbers that bf16 holds exactly.</summary>
    private static Tensor Rounded(params long[] shape) => randn(shape).to(ScalarType.BFloat16).to(ScalarType.Float32);
}
