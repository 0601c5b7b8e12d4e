using Serverless.Learning.Native;

namespace Serverless.Learning.Kernels;

/// <summary>
/// What the passes of attention by blocks share: queries, keys and values in bfloat16, worked on in tiles of <see cref="Side"/> by
/// <see cref="Side"/> scores, so that <see cref="BlockProduct"/> meets few shapes. See <see cref="AttentionOperands"/> for heads and documents.
/// </summary>
internal unsafe struct BlockAttentionOperands
{
    /// <summary>Positions of a tile.</summary>
    public const int Side = 64;

    public HeadedVectors<Bf16> Q, K, V;

    /// <summary>[B, T]: the first key that a position sees; never less than that of the position before.</summary>
    public int* Starts;

    /// <summary>[B, H, T]: log of the sum of exponentials of a query's scaled scores.</summary>
    public float* LogSums;

    public int Batch, Groups, HeadsPerGroup, Times, Width;
    public float Scale;

    /// <summary>Tiles along T, the last perhaps only begun.</summary>
    public readonly int Tiles => (Times + Side - 1) / Side;

    /// <summary>Numbers of a tile of vectors.</summary>
    public readonly int TileNumbers => Side * Width;

    /// <summary>Positions of a tile that exist.</summary>
    public readonly int RowsOf(int tile) => Math.Min(Side, Times - tile * Side);

    /// <summary>The first tile of keys that a tile of queries sees.</summary>
    public readonly int FirstTile(int batch, int tile) => Starts[batch * Times + tile * Side] / Side;

    public readonly float* LogSumsOf(int batch, int head) => LogSums + ((long)batch * Groups * HeadsPerGroup + head) * Times;
}

/// <summary>Packs keys and values of an example and group as factors of the forward pass, each [T / Side] tiles, zero behind T.</summary>
internal unsafe struct PackKeysAndValues : ISlicedKernel
{
    public BlockAttentionOperands Shared;

    /// <summary>[B, K, tiles]: for each tile its keys as columns, see <see cref="BlockPacking.Columns"/>.</summary>
    public Bf16* Keys;

    /// <summary>[B, K, tiles]: for each tile its values as rows, see <see cref="BlockPacking.Rows"/>.</summary>
    public Bf16* Values;

    /// <param name="slice">Example and group.</param>
    public readonly void Run(int slice)
    {
        var (batch, group) = Math.DivRem(slice, Shared.Groups);
        for (var tile = 0; tile < Shared.Tiles; tile++)
        {
            var at = ((long)slice * Shared.Tiles + tile) * Shared.TileNumbers;
            var (first, rows) = (tile * BlockAttentionOperands.Side, Shared.RowsOf(tile));
            BlockPacking.Columns(Shared.K.At(batch, group, first), Shared.K.TimeStride, rows, Shared.Width, Keys + at);
            BlockPacking.Rows(Shared.V.At(batch, group, first), Shared.V.TimeStride, rows, Shared.Width, Values + at);
        }
    }
}
