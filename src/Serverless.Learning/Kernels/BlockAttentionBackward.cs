using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Serverless.Learning.Native;
using static System.Runtime.Intrinsics.Vector512;

namespace Serverless.Learning.Kernels;

/// <summary>
/// <see cref="AttentionBackward"/> in bfloat16, transposed: tiles have keys as rows and queries as columns, so that what belongs to a query
/// stands in lanes. With O the output and g its gradient: P^T is computed again from the scores and their log-sums,
/// dS^T = scale P^T (V g^T - rowsum(g O)) (Dao 2023, arXiv 2307.08691, section 3.1), dV = P^T g, dK = dS^T Q, dQ^T = K^T dS^T. Probabilities and dS are
/// rounded to bfloat16 before they are multiplied; all sums are float32. A slice owns one example and group.
/// </summary>
internal unsafe struct BlockAttentionBackward : ISlicedKernel
{
    private const int Side = BlockAttentionOperands.Side;

    public BlockAttentionOperands Shared;

    /// <summary>O, g, and the gradients.</summary>
    public HeadedVectors<Bf16> Output, Gradient, DQ, DK, DV;

    /// <param name="slice">Example and group.</param>
    public readonly void Run(int slice)
    {
        var (batch, group) = Math.DivRem(slice, Shared.Groups);
        using var room = new BlockAttentionRoom(Shared.Tiles, Shared.Width);
        for (var tile = 0; tile < Shared.Tiles; tile++)
        {
            var (first, rows, at) = (tile * Side, Shared.RowsOf(tile), tile * Shared.TileNumbers);
            BlockPacking.Copy(Shared.K.At(batch, group, first), Shared.K.TimeStride, rows, Shared.Width, room.Keys + at);
            BlockPacking.Transposed(Shared.K.At(batch, group, first), Shared.K.TimeStride, rows, Shared.Width, room.KeysByColumn + at);
            BlockPacking.Copy(Shared.V.At(batch, group, first), Shared.V.TimeStride, rows, Shared.Width, room.Values + at);
        }
        room.ClearGroupSums();
        for (var inGroup = 0; inGroup < Shared.HeadsPerGroup; inGroup++)
        {
            var head = group * Shared.HeadsPerGroup + inGroup;
            PackHead(room, batch, head);
            for (var keys = 0; keys < Shared.Tiles; keys++)
            {
                for (var queries = keys; queries < Shared.Tiles && Shared.FirstTile(batch, queries) <= keys; queries++) AddTile(room, keys, queries);
            }
            for (var tile = 0; tile < Shared.Tiles; tile++) StoreQueryGradients(room, tile, batch, head);
        }
        for (var time = 0; time < Shared.Times; time++)
        {
            BlockPacking.Round(room.DK + time * Shared.Width, Shared.Width, DK.At(batch, group, time));
            BlockPacking.Round(room.DV + time * Shared.Width, Shared.Width, DV.At(batch, group, time));
        }
        BlockProduct.Release();
    }

    /// <summary>Queries and gradients of a head as factors, and what belongs to each of its queries.</summary>
    private readonly void PackHead(in BlockAttentionRoom room, int batch, int head)
    {
        for (var tile = 0; tile < Shared.Tiles; tile++)
        {
            var (first, rows, at) = (tile * Side, Shared.RowsOf(tile), tile * Shared.TileNumbers);
            var query = Shared.Q.At(batch, head, first);
            var gradient = Gradient.At(batch, head, first);
            BlockPacking.Columns(query, Shared.Q.TimeStride, rows, Shared.Width, room.QueriesByColumn + at);
            BlockPacking.Rows(query, Shared.Q.TimeStride, rows, Shared.Width, room.Queries + at);
            BlockPacking.Columns(gradient, Gradient.TimeStride, rows, Shared.Width, room.GradientsByColumn + at);
            BlockPacking.Rows(gradient, Gradient.TimeStride, rows, Shared.Width, room.Gradients + at);
        }
        var logSums = Shared.LogSumsOf(batch, head);
        for (var time = 0; time < Shared.Tiles * Side; time++)
        {
            // A query that does not exist has a gradient of zero: it adds nothing, whatever it sees, which is what the last one sees.
            var exists = time < Shared.Times;
            room.LogSums[time] = exists ? logSums[time] : 0;
            room.Starts[time] = exists ? Shared.Starts[batch * Shared.Times + time] : room.Starts[time - 1];
            room.Deltas[time] = exists ? Dot(Output.At(batch, head, time), Gradient.At(batch, head, time)) : 0;
        }
        room.ClearHeadSums();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly float Dot(Bf16* a, Bf16* b)
    {
        var sum = Vector512<float>.Zero;
        for (var i = 0; i < Shared.Width; i += 16) sum = FusedMultiplyAdd(Bf16.Load(a + i), Bf16.Load(b + i), sum);
        return Sum(sum);
    }

    /// <summary>A tile's dQ, rounded where its queries stood, which no tile of keys needs any more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void StoreQueryGradients(in BlockAttentionRoom room, int tile, int batch, int head)
    {
        var byColumn = room.QueriesByColumn + tile * Shared.TileNumbers;
        BlockPacking.Round(room.DQ + tile * Shared.TileNumbers, Shared.TileNumbers, byColumn);
        for (var row = 0; row < Shared.RowsOf(tile); row++)
        {
            var to = DQ.At(batch, head, tile * Side + row);
            for (var i = 0; i < Shared.Width; i++) to[i] = byColumn[i * Side + row];
        }
    }

    private readonly void AddTile(in BlockAttentionRoom room, int keys, int queries)
    {
        var (width, ofKeys, ofQueries) = (Shared.Width, keys * Shared.TileNumbers, queries * Shared.TileNumbers);
        BlockProduct.Multiply(Side, Side, width, room.Keys + ofKeys, width, room.QueriesByColumn + ofQueries, room.Scores, Side, add: false);
        BlockProduct.Multiply(Side, Side, width, room.Values + ofKeys, width, room.GradientsByColumn + ofQueries, room.DP, Side, add: false);
        // Below the diagonal, where no query's view begins inside the tile, all is seen.
        var isWhole = queries > keys && room.Starts[queries * Side + Side - 1] <= keys * Side;
        for (var lane = 0; lane < Side; lane += 16) ScoreGradients(room, keys * Side, queries * Side, lane, isWhole);
        BlockProduct.Multiply(Side, width, Side, room.P, Side, room.Gradients + ofQueries, room.DV + ofKeys, width, add: true);
        BlockProduct.Multiply(Side, width, Side, room.DS, Side, room.Queries + ofQueries, room.DK + ofKeys, width, add: true);
        BlockProduct.Multiply(width, Side, Side, room.KeysByColumn + ofKeys, Side, room.DSByRow, room.DQ + ofQueries, Side, add: true);
    }

    /// <summary>From scores and dP^T of sixteen queries of a tile to P^T and dS^T, zero where a query does not see a key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void ScoreGradients(in BlockAttentionRoom room, int firstKey, int firstQuery, int lane, bool isWhole)
    {
        var query = firstQuery + lane;
        var (scale, logSums, deltas) = (Create(Shared.Scale), Load(room.LogSums + query), Load(room.Deltas + query));
        var (times, starts) = (Create(query) + Vector512<int>.Indices, Load(room.Starts + query));
        for (var row = 0; row < Side; row += 2)
        {
            var at = row * Side + lane;
            var even = VectorMath.Exp(Load(room.Scores + at) * scale - logSums);
            var odd = VectorMath.Exp(Load(room.Scores + at + Side) * scale - logSums);
            if (!isWhole)
            {
                even = Seen(even, firstKey + row, times, starts);
                odd = Seen(odd, firstKey + row + 1, times, starts);
            }
            Bf16.Store(even, room.P + at);
            Bf16.Store(odd, room.P + at + Side);
            even *= (Load(room.DP + at) - deltas) * scale;
            odd *= (Load(room.DP + at + Side) - deltas) * scale;
            Bf16.Store(even, room.DS + at);
            Bf16.Store(odd, room.DS + at + Side);
            BlockPacking.StorePairs(even, odd, room.DSByRow + row * Side + 2 * lane);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Seen(Vector512<float> p, int key, Vector512<int> times, Vector512<int> starts) =>
        ConditionalSelect((GreaterThanOrEqual(times, Create(key)) & LessThanOrEqual(starts, Create(key))).AsSingle(), p, Vector512<float>.Zero);
}
