using Serverless.Learning.Native;
using static Serverless.Learning.Kernels.TensorMemory;
using static TorchSharp.torch;

namespace Serverless.Learning.Kernels;

public static unsafe partial class Fused
{
    /// <inheritdoc cref="Plain.CausalAttention"/>
    /// <remarks>
    /// The [T, T] probabilities never exist as a whole, and keys of other documents or outside the window cost nothing. Fewer queries than
    /// keys, head widths that are no multiple of 16, document numbers that decrease and soft caps go to <see cref="Plain"/>.
    /// </remarks>
    public static Tensor CausalAttention(
        Tensor q, Tensor k, Tensor v, Tensor? documents, double scale, int? window = null, double? softCap = null)
    {
        var (batch, heads, times, width) = (q.size(0), q.size(1), q.size(2), q.size(3));
        if (!IsKernelType(q.dtype) || k.dtype != q.dtype || v.dtype != q.dtype || k.size(2) != times || width % 16 != 0 || softCap is not null)
            return Plain.CausalAttention(q, k, v, documents, scale, window, softCap);
        using var scope = NewDisposeScope();
        using var starts = Starts(documents, batch, times, window);
        if (starts is null) return Plain.CausalAttention(q, k, v, documents, scale, window).MoveToOuterDisposeScope();
        if (q.dtype == ScalarType.BFloat16 && BlockProduct.IsPresent) return BlockAttention(q, k, v, starts, scale).MoveToOuterDisposeScope();

        var (queries, keys, values) = (Readable(q), Readable(k), Readable(v));
        var sums = NewFloats(batch, times, heads * width);
        var logSums = NewFloats(batch, heads, times);
        var byHead = sums.view(batch, times, heads, width).transpose(1, 2);
        var wide = new[] { queries, keys, values }.Select(x => x.to(ScalarType.Float32)).ToArray();
        var operands = Operands(wide, starts, logSums, scale);
        using (var keysByColumn = Transposed(wide[1], operands.Pitch))
        {
            operands.KeysByColumn = Floats(keysByColumn);
            ThreadTeam.Run(operands.Batch * operands.Groups * operands.Blocks, new AttentionForward { Shared = operands, Output = new HeadedVectors<float>(byHead) });
        }
        GC.KeepAlive(wide);
        var output = sums.to(q.dtype);
        if (GraphNode.IsNeeded(q, k, v))
        {
            Tensor[] saved = [.. new[] { queries, keys, values, starts, logSums }.Select(GraphNode.Keep)];
            GraphNode.Record([output], [q, k, v], saved, gradients => AttentionGradients(saved, gradients[0]!, scale));
        }
        return output.MoveToOuterDisposeScope();
    }

    private static Tensor?[] AttentionGradients(Tensor[] saved, Tensor gradient, double scale)
    {
        var dtype = saved[0].dtype;
        var wide = saved[..3].Select(x => x.to(ScalarType.Float32)).ToArray();
        var (q, k, v) = (wide[0], wide[1], wide[2]);
        var operands = Operands(wide, saved[3], saved[4], scale);
        var (dq, dk, dv) = (NewLike(q), NewLike(k), NewLike(v));
        using var keysByColumn = Transposed(k, operands.Pitch);
        using var valuesByColumn = Transposed(v, operands.Pitch);
        operands.KeysByColumn = Floats(keysByColumn);
        var byHead = gradient.to(ScalarType.Float32).contiguous().view(q.size(0), q.size(2), q.size(1), q.size(3)).transpose(1, 2);
        ThreadTeam.Run(operands.Batch * operands.Groups, new AttentionBackward
        {
            Shared = operands, Gradient = new HeadedVectors<float>(byHead), ValuesByColumn = Floats(valuesByColumn),
            DQ = new HeadedVectors<float>(dq), DK = new HeadedVectors<float>(dk), DV = new HeadedVectors<float>(dv),
        });
        GC.KeepAlive(byHead);
        GC.KeepAlive(wide);
        return [dq.to(dtype), dk.to(dtype), dv.to(dtype)];
    }

    private static AttentionOperands Operands(Tensor[] qkv, Tensor starts, Tensor logSums, double scale) => new()
    {
        Q = new HeadedVectors<float>(qkv[0]), K = new HeadedVectors<float>(qkv[1]), V = new HeadedVectors<float>(qkv[2]),
        Starts = Elements<int>(starts), LogSums = Floats(logSums), Scale = (float)scale,
        Batch = (int)qkv[0].size(0), Groups = (int)qkv[1].size(1), HeadsPerGroup = (int)(qkv[0].size(1) / qkv[1].size(1)),
        Times = (int)qkv[0].size(2), Width = (int)qkv[0].size(3), Pitch = (int)((qkv[0].size(2) + 15) & ~15L),
    };

    private static Tensor Transposed(Tensor vectors, int pitch)
    {
        var (batch, groups, times, width) = (vectors.size(0), vectors.size(1), vectors.size(2), vectors.size(3));
        var target = NewFloats(batch, groups, width, pitch);
        ThreadTeam.Run((int)(batch * groups), new TransposeHeads
        {
            Source = new HeadedVectors<float>(vectors), Target = Floats(target), Groups = (int)groups, Times = (int)times, Width = (int)width, Pitch = pitch,
        });
        return target;
    }

    /// <summary>[B, T] int32: the first key that each position sees, or null where documents decrease.</summary>
    private static Tensor? Starts(Tensor? documents, long batch, long times, int? window)
    {
        var starts = zeros([batch, times], dtype: ScalarType.Int32);
        if (documents is null && !(window < times)) return starts;
        using var numbers = (documents ?? starts).to(ScalarType.Int64).contiguous();
        var from = Longs(numbers);
        var to = Elements<int>(starts);
        var reach = window ?? int.MaxValue;
        for (var row = 0L; row < batch; row++)
        {
            var ofDocument = 0;
            for (var time = 0; time < times; time++)
            {
                var i = row * times + time;
                if (time > 0 && from[i] < from[i - 1]) return null;
                if (time > 0 && from[i] != from[i - 1]) ofDocument = time;
                to[i] = Math.Max(ofDocument, time - reach + 1);
            }
        }
        return starts;
    }
}
