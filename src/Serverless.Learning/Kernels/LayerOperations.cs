using Serverless.Learning.Native;
using static TorchSharp.torch;

namespace Serverless.Learning.Kernels;

/// <summary>The decoder's operations on the path that <see cref="NativeRuntime.KernelPath"/> names; shapes are described at <see cref="Plain"/>.</summary>
public static class LayerOperations
{
    /// <inheritdoc cref="Plain.RmsNorm"/>
    public static Tensor RmsNorm(Tensor x, Tensor weight, double epsilon, ScalarType? dtype = null) =>
        IsFused ? Fused.RmsNorm(x, weight, epsilon, dtype) : Plain.RmsNorm(x, weight, epsilon, dtype);

    /// <inheritdoc cref="Plain.AddNorm"/>
    public static (Tensor Sum, Tensor Normed) AddNorm(Tensor stream, Tensor? branch, Tensor weight, double epsilon, ScalarType dtype) =>
        IsFused ? Fused.AddNorm(stream, branch, weight, epsilon, dtype) : Plain.AddNorm(stream, branch, weight, epsilon, dtype);

    /// <inheritdoc cref="Plain.AddBranch"/>
    public static Tensor AddBranch(Tensor stream, Tensor branch) => IsFused ? Fused.AddBranch(stream, branch) : Plain.AddBranch(stream, branch);

    /// <inheritdoc cref="Plain.RotaryEmbedding"/>
    public static Tensor RotaryEmbedding(Tensor x, Tensor cos, Tensor sin) =>
        IsFused ? Fused.RotaryEmbedding(x, cos, sin) : Plain.RotaryEmbedding(x, cos, sin);

    /// <inheritdoc cref="Plain.SwiGlu"/>
    public static Tensor SwiGlu(Tensor gate, Tensor up) => IsFused ? Fused.SwiGlu(gate, up) : Plain.SwiGlu(gate, up);

    /// <inheritdoc cref="Plain.GeGlu"/>
    public static Tensor GeGlu(Tensor gate, Tensor up) => IsFused ? Fused.GeGlu(gate, up) : Plain.GeGlu(gate, up);

    /// <inheritdoc cref="Plain.RowProducts"/>
    public static Tensor[] RowProducts(Tensor x, params ReadOnlySpan<RowFactor> factors) =>
        IsFused ? Fused.RowProducts(x, factors) : Plain.RowProducts(x, factors);

    /// <inheritdoc cref="Plain.AddLowRank"/>
    public static Tensor[] AddLowRank(Tensor[] products, Tensor x, params ReadOnlySpan<LowRankUpdate?> updates) =>
        IsFused ? Fused.AddLowRank(products, x, updates) : Plain.AddLowRank(products, x, updates);

    /// <inheritdoc cref="Plain.AddLowRankByRow"/>
    public static Tensor[] AddLowRankByRow(Tensor[] products, Tensor x, params ReadOnlySpan<LowRankUpdate?> updates) =>
        IsFused ? Fused.AddLowRankByRow(products, x, updates) : Plain.AddLowRankByRow(products, x, updates);

    /// <inheritdoc cref="Plain.TakeRows"/>
    public static Tensor TakeRows(Tensor x, Tensor rows) => IsFused ? Fused.TakeRows(x, rows) : Plain.TakeRows(x, rows);

    /// <inheritdoc cref="Plain.CausalAttention"/>
    public static Tensor CausalAttention(
        Tensor q, Tensor k, Tensor v, Tensor? documents, double scale, int? window = null, double? softCap = null) => IsFused
        ? Fused.CausalAttention(q, k, v, documents, scale, window, softCap)
        : Plain.CausalAttention(q, k, v, documents, scale, window, softCap);

    /// <inheritdoc cref="Plain.CachedAttention"/>
    public static Tensor CachedAttention(
        Tensor q, Tensor keys, Tensor values, int[] slots, int[] lengths, double scale, int? window = null, double? softCap = null) => IsFused
        ? Fused.CachedAttention(q, keys, values, slots, lengths, scale, window, softCap)
        : Plain.CachedAttention(q, keys, values, slots, lengths, scale, window, softCap);

    /// <inheritdoc cref="Plain.StoreRows"/>
    public static void StoreRows(Tensor rows, Tensor into, int[] slots, int[] lengths)
    {
        if (IsFused) Fused.StoreRows(rows, into, slots, lengths);
        else Plain.StoreRows(rows, into, slots, lengths);
    }

    /// <inheritdoc cref="Plain.CrossEntropy"/>
    public static CrossEntropyResult CrossEntropy(Tensor logits, Tensor targets, double scale) =>
        IsFused ? Fused.CrossEntropy(logits, targets, scale) : Plain.CrossEntropy(logits, targets, scale);

    /// <inheritdoc cref="Plain.LinearCrossEntropy"/>
    public static CrossEntropyResult LinearCrossEntropy(Tensor hidden, Tensor weight, Tensor targets, double scale, double? softCap = null) => IsFused
        ? Fused.LinearCrossEntropy(hidden, weight, targets, scale, softCap)
        : Plain.LinearCrossEntropy(hidden, weight, targets, scale, softCap);

    /// <inheritdoc cref="Plain.LinearLogProbabilities"/>
    public static LogProbabilities LinearLogProbabilities(
        Tensor hidden, Tensor weight, Tensor targets, double temperature, double? softCap = null) => IsFused
        ? Fused.LinearLogProbabilities(hidden, weight, targets, temperature, softCap)
        : Plain.LinearLogProbabilities(hidden, weight, targets, temperature, softCap);

    private static bool IsFused => NativeRuntime.KernelPath == KernelPath.Fused;
}
