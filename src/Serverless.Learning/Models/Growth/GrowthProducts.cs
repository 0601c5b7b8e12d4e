using Serverless.Learning.Kernels;
using static TorchSharp.torch;

namespace Serverless.Learning.Models.Growth;

/// <summary>Products of the N rows of one input with some matrices, and the low-rank updates on them, as kernels of a step.</summary>
internal readonly unsafe struct GrowthProducts
{
    /// <summary>The kernels of <see cref="Do"/>, at most.</summary>
    public const int MostKernels = 3;

    private readonly ScalarType dtype;
    private readonly RowProductSet products, inner, outer;
    private readonly bool isUpdated, rounds;

    private GrowthProducts(ScalarType dtype, bool rounds, RowProductSet products, RowProductSet inner, RowProductSet outer, bool isUpdated) =>
        (this.dtype, this.rounds, this.products, this.inner, this.outer, this.isUpdated) = (dtype, rounds, products, inner, outer, isUpdated);

    /// <summary>The threads that are worth it.</summary>
    public int Threads => products.Slices(SizeOf(dtype));

    /// <param name="linears">Whose products they are.</param>
    /// <param name="x">[N, in].</param>
    /// <param name="y">[N, out] of the first, then of the second, and so on.</param>
    /// <param name="made">The products, without biases.</param>
    /// <returns>Whether the kernels know how matrices and adapters stand in memory.</returns>
    public static bool TryMake(GrowthMemory memory, ReadOnlySpan<Linear> linears, GrowthRows rows, float* x, float* y, out GrowthProducts made)
    {
        made = default;
        var parts = memory.Parts.Take(linears.Length);
        var updates = rows.AreAlike ? linears.Length : linears.Length * rows.Count;
        RowProductPart* inner = memory.Parts.Take(updates), outer = memory.Parts.Take(updates);
        var count = 0;
        var dtype = linears[0].Weight.Factor?.Dtype;
        for (var i = 0; i < linears.Length; i++)
        {
            if (linears[i].Weight.Factor is not { } factor || factor.Dtype != dtype) return false;
            parts[i] = RowProductPart.Of(factor, x, y, rows.Rounds);
            for (var row = 0; row < (rows.AreAlike ? 1 : rows.Count); row++)
            {
                if (rows.PairOn(linears[i], row) is not { } pair) continue;
                if (pair.Magnitude is not null || pair.Update is not { A.Dtype: ScalarType.Float32, B.Dtype: ScalarType.Float32 } update) return false;
                var between = memory.Numbers.Take((int)update.A.Outputs * (rows.AreAlike ? rows.Count : 1));
                inner[count] = RowProductPart.Of(update.A, x + (nint)row * factor.Width, between, rows.Rounds);
                outer[count] = RowProductPart.Of(update.B, between, y + row * (nint)factor.Outputs, rows.Rounds) with { Adds = true, Scale = (float)update.Scale };
                count++;
            }
            y += rows.Count * factor.Outputs;
        }
        var together = rows.AreAlike ? rows.Count : 1;
        made = new GrowthProducts(
            dtype!.Value, rows.Rounds, RowProductSet.Of(parts, linears.Length, rows.Count), RowProductSet.Of(inner, count, together),
            RowProductSet.Of(outer, count, together), count > 0);
        return true;
    }

    /// <summary>The product with a matrix that no adapter is ever around, such as the head.</summary>
    public static bool TryMake(GrowthMemory memory, Weight weight, GrowthRows rows, float* x, float* y, out GrowthProducts made)
    {
        made = default;
        if (weight.Factor is not { } factor) return false;
        var part = memory.Parts.Take(1);
        *part = RowProductPart.Of(factor, x, y, rows.Rounds);
        made = new GrowthProducts(factor.Dtype, rows.Rounds, RowProductSet.Of(part, 1, rows.Count), default, default, false);
        return true;
    }

    /// <summary>A thread's share.</summary>
    public void Do(ref TeamShare share)
    {
        var slices = products.Slices(SizeOf(dtype));
        switch (dtype)
        {
            case ScalarType.BFloat16: share.Do(slices, products.Kernel<Bf16>()); break;
            case ScalarType.Int8: share.Do(slices, products.Kernel<Code8>()); break;
            default: DoFloats(ref share, products); break;
        }
        if (!isUpdated) return;
        DoFloats(ref share, inner);
        DoFloats(ref share, outer);
    }

    private void DoFloats(ref TeamShare share, RowProductSet set)
    {
        if (rounds) share.Do(set.Slices(sizeof(float)), set.Kernel<RoundedFp32>());
        else share.Do(set.Slices(sizeof(float)), set.Kernel<Fp32>());
    }

    private static int SizeOf(ScalarType dtype) => dtype switch { ScalarType.BFloat16 => 2, ScalarType.Int8 => 1, _ => 4 };
}
