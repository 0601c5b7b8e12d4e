using static Serverless.Learning.Kernels.TensorMemory;
using static TorchSharp.torch;

namespace Serverless.Learning.Kernels;

public static unsafe partial class Fused
{
    /// <summary>
    /// With more rows the arithmetic costs more than reading the matrix, and libtorch's products, which arrange both factors for it, are as fast.
    /// </summary>
    public const int FewRows = 64;

    private const int MostFactors = 8;

    /// <inheritdoc cref="Plain.RowProducts"/>
    /// <remarks>
    /// Each dot product is summed in one order whatever N is, so a row's result does not depend on the rows beside it. Sums are float32, also of
    /// rows in bfloat16, and codes are never rounded. More rows than <see cref="FewRows"/>, and x of other dtypes, go to <see cref="Plain"/>.
    /// </remarks>
    public static Tensor[] RowProducts(Tensor x, params ReadOnlySpan<RowFactor> factors)
    {
        var dtype = factors[0].Dtype;
        var areAlike = factors.Length <= MostFactors;
        foreach (var factor in factors) areAlike &= factor.Dtype == dtype;
        if (!areAlike || !IsKernelType(x.dtype) || x.size(0) > FewRows) return Plain.RowProducts(x, factors);
        return dtype switch
        {
            ScalarType.BFloat16 => RowProducts<Bf16>(x, factors),
            ScalarType.Int8 => RowProducts<Code8>(x, factors),
            _ when x.dtype == ScalarType.BFloat16 => RowProducts<RoundedFp32>(x, factors),
            _ => RowProducts<Fp32>(x, factors),
        };
    }

    /// <inheritdoc cref="Plain.AddLowRank"/>
    /// <remarks>
    /// The updates are added to the products in place; with rows in bfloat16 each step is rounded, as libtorch's would be, and the products are new. Where
    /// <see cref="RowProducts"/> goes to <see cref="Plain"/> so does this.
    /// </remarks>
    public static Tensor[] AddLowRank(Tensor[] products, Tensor x, params ReadOnlySpan<LowRankUpdate?> updates)
    {
        if (updates.Length > MostFactors || !IsFew(x) || !AreFloat32(updates)) return Plain.AddLowRank(products, x, updates);
        using var scope = NewDisposeScope();
        var (rows, rounds) = (AsFloats(x), x.dtype == ScalarType.BFloat16);
        if (rounds) products = Widened(products);
        var count = (int)x.size(0);
        var inner = stackalloc RowProductPart[MostFactors];
        var outer = stackalloc RowProductPart[MostFactors];
        var parts = 0;
        for (var i = 0; i < updates.Length; i++)
        {
            if (updates[i] is not { } update) continue;
            var between = NewFloats(count, update.A.Outputs);
            inner[parts] = RowProductPart.Of(update.A, Floats(rows), Floats(between), rounds);
            outer[parts] = RowProductPart.Of(update.B, Floats(between), Floats(products[i]), rounds) with { Adds = true, Scale = (float)update.Scale };
            parts++;
        }
        if (parts > 0) MultiplyTwice(inner, outer, parts, count, rounds);
        GC.KeepAlive(rows);
        return rounds ? Narrowed(products) : products;
    }

    /// <inheritdoc cref="Plain.AddLowRankByRow"/>
    /// <remarks>As <see cref="AddLowRank"/>; each row has the bits that it has with the same update on all rows.</remarks>
    public static Tensor[] AddLowRankByRow(Tensor[] products, Tensor x, params ReadOnlySpan<LowRankUpdate?> updates)
    {
        if (products.Length > MostFactors || !IsFew(x) || !AreFloat32(updates)) return Plain.AddLowRankByRow(products, x, updates);
        using var scope = NewDisposeScope();
        var (rows, rounds) = (AsFloats(x), x.dtype == ScalarType.BFloat16);
        if (rounds) products = Widened(products);
        var (count, width) = ((int)x.size(0), x.size(1));
        var inner = stackalloc RowProductPart[updates.Length];
        var outer = stackalloc RowProductPart[updates.Length];
        var between = NewFloats(Math.Max(1, SumOfRanks(updates)));
        var at = Floats(between);
        var parts = 0;
        for (var i = 0; i < updates.Length; i++)
        {
            if (updates[i] is not { } update) continue;
            var (product, row) = Math.DivRem(i, count);
            inner[parts] = RowProductPart.Of(update.A, Floats(rows) + row * width, at, rounds);
            outer[parts] = RowProductPart.Of(update.B, at, Floats(products[product]) + row * update.B.Outputs, rounds) with { Adds = true, Scale = (float)update.Scale };
            at += update.A.Outputs;
            parts++;
        }
        if (parts > 0) MultiplyTwice(inner, outer, parts, 1, rounds);
        GC.KeepAlive(rows);
        GC.KeepAlive(between);
        return rounds ? Narrowed(products) : products;
    }

    private static long SumOfRanks(ReadOnlySpan<LowRankUpdate?> updates)
    {
        var sum = 0L;
        foreach (var update in updates) sum += update?.A.Outputs ?? 0;
        return sum;
    }

    private static Tensor[] RowProducts<T>(Tensor x, ReadOnlySpan<RowFactor> factors)
        where T : unmanaged, IFactor<T>
    {
        using var scope = NewDisposeScope();
        var rows = AsFloats(x);
        var count = (int)x.size(0);
        var parts = stackalloc RowProductPart[MostFactors];
        var products = new Tensor[factors.Length];
        for (var i = 0; i < factors.Length; i++)
        {
            products[i] = NewFloats(count, factors[i].Outputs);
            parts[i] = RowProductPart.Of(factors[i], Floats(rows), Floats(products[i]));
        }
        Multiply<T>(parts, factors.Length, count);
        GC.KeepAlive(rows);
        var isWide = x.dtype == ScalarType.Float32;
        for (var i = 0; i < products.Length; i++) products[i] = (isWide ? products[i] : products[i].to(x.dtype)).MoveToOuterDisposeScope();
        return products;
    }

    private static void Multiply<T>(RowProductPart* parts, int count, int rows)
        where T : unmanaged, IFactor<T>
    {
        var products = RowProductSet.Of(parts, count, rows);
        ThreadTeam.Run(products.Slices(sizeof(T)), products.Kernel<T>());
    }

    private static void MultiplyTwice(RowProductPart* inner, RowProductPart* outer, int count, int rows, bool rounds)
    {
        if (rounds)
        {
            Multiply<RoundedFp32>(inner, count, rows);
            Multiply<RoundedFp32>(outer, count, rows);
            return;
        }
        Multiply<Fp32>(inner, count, rows);
        Multiply<Fp32>(outer, count, rows);
    }

    private static Tensor[] Widened(Tensor[] products) => Array.ConvertAll(products, product => product.to(ScalarType.Float32));

    private static Tensor[] Narrowed(Tensor[] products) => Array.ConvertAll(products, product => product.to(ScalarType.BFloat16).MoveToOuterDisposeScope());

    private static bool IsFew(Tensor x) => IsKernelType(x.dtype) && x.size(0) <= FewRows;

    private static bool AreFloat32(ReadOnlySpan<LowRankUpdate?> updates)
    {
        foreach (var update in updates)
        {
            if (update is not null && (update.A.Dtype != ScalarType.Float32 || update.B.Dtype != ScalarType.Float32)) return false;
        }
        return true;
    }
}
