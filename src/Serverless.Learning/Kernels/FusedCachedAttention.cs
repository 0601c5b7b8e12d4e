using static Serverless.Learning.Kernels.TensorMemory;
using static TorchSharp.torch;

namespace Serverless.Learning.Kernels;

public static unsafe partial class Fused
{
    /// <inheritdoc cref="Plain.CachedAttention"/>
    /// <remarks>Reads the keys where they lie. Head widths that are no multiple of 16 go to <see cref="Plain"/>.</remarks>
    public static Tensor CachedAttention(
        Tensor q, Tensor keys, Tensor values, int[] slots, int[] lengths, double scale, int? window = null, double? softCap = null)
    {
        var (batch, heads, times, width) = (q.size(0), q.size(1), q.size(2), q.size(3));
        if (!IsKernelType(q.dtype) || width % 16 != 0) return Plain.CachedAttention(q, keys, values, slots, lengths, scale, window, softCap);
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var queries = ReadableFloats(q);
        var sums = NewFloats(batch, times, heads * width);
        var groups = (int)keys.size(1);
        fixed (int* slotOf = slots, lengthOf = lengths)
        {
            ThreadTeam.Run((int)batch * groups, new CachedAttentionKernel
            {
                Q = new HeadedVectors<float>(queries), K = new HeadedVectors<float>(keys), V = new HeadedVectors<float>(values),
                Output = new HeadedVectors<float>(sums.view(batch, times, heads, width).transpose(1, 2)), Slots = slotOf, Lengths = lengthOf,
                Groups = groups, HeadsPerGroup = (int)heads / groups, Times = (int)times, Width = (int)width,
                Window = window ?? int.MaxValue, Scale = (float)scale, SoftCap = (float)(softCap ?? 0),
            });
        }
        GC.KeepAlive(queries);
        return (q.dtype == ScalarType.Float32 ? sums : sums.to(q.dtype)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc cref="Plain.StoreRows"/>
    public static void StoreRows(Tensor rows, Tensor into, int[] slots, int[] lengths)
    {
        if (!IsKernelType(rows.dtype))
        {
            Plain.StoreRows(rows, into, slots, lengths);
            return;
        }
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var source = ReadableFloats(rows);
        fixed (int* slotOf = slots, lengthOf = lengths)
        {
            ThreadTeam.Run(slots.Length, new StoreRowsKernel
            {
                Source = new HeadedVectors<float>(source), Target = new HeadedVectors<float>(into), Slots = slotOf, Lengths = lengthOf,
                Groups = (int)rows.size(1), Times = (int)rows.size(2), Width = (int)rows.size(3),
            });
        }
        GC.KeepAlive(source);
    }

    // Asking for the dtype that a tensor has makes another one.
    private static Tensor ReadableFloats(Tensor tensor) => Readable(tensor.dtype == ScalarType.Float32 ? tensor : tensor.to(ScalarType.Float32));
}
