using static Serverless.Learning.Kernels.TensorMemory;
using static TorchSharp.torch;

namespace Serverless.Learning.Kernels;

public static unsafe partial class Fused
{
    /// <summary><see cref="CausalAttention"/> of bfloat16 numbers where the processor multiplies such.</summary>
    /// <param name="starts">[B, T] int32: the first key that each position sees.</param>
    private static Tensor BlockAttention(Tensor q, Tensor k, Tensor v, Tensor starts, double scale)
    {
        var (batch, heads, times, width) = (q.size(0), q.size(1), q.size(2), q.size(3));
        Tensor[] inputs = [Readable(q), Readable(k), Readable(v)];
        var output = empty([batch, times, heads * width], dtype: ScalarType.BFloat16);
        var logSums = NewFloats(batch, heads, times);
        var operands = BlockOperands(inputs, starts, logSums, scale);
        var units = operands.Batch * operands.Groups;
        using (var keys = empty([units, operands.Tiles, operands.TileNumbers], dtype: ScalarType.BFloat16))
        using (var values = empty_like(keys))
        {
            ThreadTeam.Run(units, new PackKeysAndValues { Shared = operands, Keys = Elements<Bf16>(keys), Values = Elements<Bf16>(values) });
            ThreadTeam.Run(units * operands.Tiles, new BlockAttentionForward
            {
                Shared = operands, Keys = Elements<Bf16>(keys), Values = Elements<Bf16>(values), Output = ByHead(output, heads),
            });
        }
        GC.KeepAlive(inputs);
        if (GraphNode.IsNeeded(q, k, v))
        {
            Tensor[] saved = [.. inputs.Append(starts).Append(logSums).Append(output).Select(GraphNode.Keep)];
            GraphNode.Record([output], [q, k, v], saved, gradients => BlockAttentionGradients(saved, gradients[0]!.contiguous(), scale));
        }
        return output;
    }

    private static Tensor?[] BlockAttentionGradients(Tensor[] saved, Tensor gradient, double scale)
    {
        var operands = BlockOperands(saved[..3], saved[3], saved[4], scale);
        var (heads, output) = (saved[0].size(1), saved[5]);
        var (dq, dk, dv) = (NewLike(saved[0]), NewLike(saved[1]), NewLike(saved[2]));
        ThreadTeam.Run(operands.Batch * operands.Groups, new BlockAttentionBackward
        {
            Shared = operands, Output = ByHead(output, heads), Gradient = ByHead(gradient, heads),
            DQ = new HeadedVectors<Bf16>(dq), DK = new HeadedVectors<Bf16>(dk), DV = new HeadedVectors<Bf16>(dv),
        });
        GC.KeepAlive(gradient);
        return [dq, dk, dv];
    }

    private static BlockAttentionOperands BlockOperands(Tensor[] qkv, Tensor starts, Tensor logSums, double scale) => new()
    {
        Q = new HeadedVectors<Bf16>(qkv[0]), K = new HeadedVectors<Bf16>(qkv[1]), V = new HeadedVectors<Bf16>(qkv[2]),
        Starts = Elements<int>(starts), LogSums = Floats(logSums), Scale = (float)scale,
        Batch = (int)qkv[0].size(0), Groups = (int)qkv[1].size(1), HeadsPerGroup = (int)(qkv[0].size(1) / qkv[1].size(1)),
        Times = (int)qkv[0].size(2), Width = (int)qkv[0].size(3),
    };

    /// <summary>The vectors of [B, T, H*Dh], contiguous.</summary>
    private static HeadedVectors<Bf16> ByHead(Tensor flat, long heads)
    {
        var width = (nint)(flat.size(2) / heads);
        return new HeadedVectors<Bf16>(Elements<Bf16>(flat), (nint)(flat.size(1) * flat.size(2)), width, (nint)flat.size(2));
    }
}
