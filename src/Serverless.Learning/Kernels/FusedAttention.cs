using static Serverless.Learning.Kernels.TensorMemory;
using static TorchSharp.torch;

namespace Serverless.Learning.Kernels;

public static unsafe partial class Fused
{
    /// <inheritdoc cref="Plain.CausalAttention"/>
    /// <remarks>
    /// The [T, T] probabilities never exist as a whole, and keys of other documents cost nothing. Fewer queries than keys, head widths that
    /// are no multiple of 16 and document numbers that decrease go to <see cref="Plain"/>.
    /// </remarks>
    public static Tensor CausalAttention(Tensor q, Tensor k, Tensor v, Tensor? documents, double scale)
    {
        var (batch, heads, times, width) = (q.shape[0], q.shape[1], q.shape[2], q.shape[3]);
        if (!AreFloats(q, k, v) || k.shape[2] != times || width % 16 != 0) return Plain.CausalAttention(q, k, v, documents, scale);
        using var scope = NewDisposeScope();
        using var starts = Starts(documents, batch, times);
        if (starts is null) return Plain.CausalAttention(q, k, v, documents, scale).MoveToOuterDisposeScope();

        var (queries, keys, values) = (Readable(q), Readable(k), Readable(v));
        var output = NewFloats(batch, times, heads * width);
        var logSums = NewFloats(batch, heads, times);
        var byHead = output.view(batch, times, heads, width).transpose(1, 2);
        var operands = Operands(queries, keys, values, byHead, starts, logSums, scale);
        using (var keysByColumn = Transposed(keys, operands.Pitch))
        {
            operands.KeysByColumn = Floats(keysByColumn);
            ThreadTeam.Run(operands.Batch * operands.Groups * operands.Blocks, new AttentionForward { Shared = operands });
        }
        if (GraphNode.IsNeeded(q, k, v))
        {
            Tensor[] saved = [.. new[] { queries, keys, values, byHead, starts, logSums }.Select(GraphNode.Keep)];
            GraphNode.Record([output], [q, k, v], saved, gradients => AttentionGradients(saved, gradients[0]!.contiguous(), scale));
        }
        return output.MoveToOuterDisposeScope();
    }

    private static Tensor?[] AttentionGradients(Tensor[] saved, Tensor gradient, double scale)
    {
        var (q, k, v) = (saved[0], saved[1], saved[2]);
        var operands = Operands(q, k, v, saved[3], saved[4], saved[5], scale);
        var (dq, dk, dv) = (NewLike(q), NewLike(k), NewLike(v));
        using var keysByColumn = Transposed(k, operands.Pitch);
        using var valuesByColumn = Transposed(v, operands.Pitch);
        operands.KeysByColumn = Floats(keysByColumn);
        var byHead = gradient.view(q.shape[0], q.shape[2], q.shape[1], q.shape[3]).transpose(1, 2);
        ThreadTeam.Run(operands.Batch * operands.Groups, new AttentionBackward
        {
            Shared = operands, Gradient = new HeadedVectors(byHead), ValuesByColumn = Floats(valuesByColumn),
            DQ = new HeadedVectors(dq), DK = new HeadedVectors(dk), DV = new HeadedVectors(dv),
        });
        GC.KeepAlive(byHead);
        return [dq, dk, dv];
    }

    private static AttentionOperands Operands(Tensor q, Tensor k, Tensor v, Tensor output, Tensor starts, Tensor logSums, double scale) => new()
    {
        Q = new HeadedVectors(q), K = new HeadedVectors(k), V = new HeadedVectors(v), Output = new HeadedVectors(output),
        Starts = (int*)Floats(starts), LogSums = Floats(logSums), Scale = (float)scale,
        Batch = (int)q.shape[0], Groups = (int)k.shape[1], HeadsPerGroup = (int)(q.shape[1] / k.shape[1]),
        Times = (int)q.shape[2], Width = (int)q.shape[3], Pitch = (int)((q.shape[2] + 15) & ~15L),
    };

    private static Tensor Transposed(Tensor vectors, int pitch)
    {
        var (batch, groups, times, width) = (vectors.shape[0], vectors.shape[1], vectors.shape[2], vectors.shape[3]);
        var target = NewFloats(batch, groups, width, pitch);
        ThreadTeam.Run((int)(batch * groups), new TransposeHeads
        {
            Source = new HeadedVectors(vectors), Target = Floats(target), Groups = (int)groups, Times = (int)times, Width = (int)width, Pitch = pitch,
        });
        return target;
    }

    /// <summary>[B, T] int32: the first position of each position's document, or null where documents decrease.</summary>
    private static Tensor? Starts(Tensor? documents, long batch, long times)
    {
        var starts = zeros([batch, times], dtype: ScalarType.Int32);
        if (documents is null) return starts;
        using var numbers = documents.to(ScalarType.Int64).contiguous();
        var from = Longs(numbers);
        var to = (int*)Floats(starts);
        for (var i = 0L; i < batch * times; i++)
        {
            var time = (int)(i % times);
            if (time == 0) continue;
            if (from[i] < from[i - 1]) return null;
            to[i] = from[i] == from[i - 1] ? to[i - 1] : time;
        }
        return starts;
    }

    private static Tensor Readable(Tensor tensor) => tensor.stride(3) == 1 ? tensor : tensor.contiguous();

    /// <summary>An uninitialised [B, H, T, Dh] in the given one's order of memory, so that the views it was made by need no copy.</summary>
    private static Tensor NewLike(Tensor tensor)
    {
        var (b, h, t, d) = (tensor.shape[0], tensor.shape[1], tensor.shape[2], tensor.shape[3]);
        return tensor.stride(1) < tensor.stride(2) ? NewFloats(b, t, h, d).transpose(1, 2) : NewFloats(b, h, t, d);
    }
}
