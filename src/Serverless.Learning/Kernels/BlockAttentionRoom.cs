using System.Runtime.InteropServices;

namespace Serverless.Learning.Kernels;

/// <summary>
/// The memory that the backward pass of attention works in, for one example and group: tiles as factors, see <see cref="BlockPacking"/>, and sums.
/// Of a head at a time, so that it stays in the second cache level at usual lengths.
/// </summary>
internal readonly unsafe ref struct BlockAttentionRoom
{
    private const int Side = BlockAttentionOperands.Side;
    private readonly byte* memory;
    private readonly int numbers;

    /// <summary>Of the group, [tiles, Side, width], and keys also [tiles, width, Side].</summary>
    public readonly Bf16* Keys, Values, KeysByColumn;

    /// <summary>Of the head, as rows and as columns of second factors, [tiles, Side * width] each.</summary>
    public readonly Bf16* Queries, QueriesByColumn, Gradients, GradientsByColumn;

    /// <summary>Sums of the group, [tiles, Side, width].</summary>
    public readonly float* DK, DV;

    /// <summary>Sums of the head, [tiles, width, Side].</summary>
    public readonly float* DQ;

    /// <summary>Of each query of the head: its log-sum, and the sum of its output times the gradient.</summary>
    public readonly float* LogSums, Deltas;

    /// <summary>The first key that each query sees.</summary>
    public readonly int* Starts;

    /// <summary>Of a tile, [keys, queries].</summary>
    public readonly float* Scores, DP;

    /// <summary>Of a tile, [keys, queries].</summary>
    public readonly Bf16* P, DS;

    /// <summary>dS^T of a tile as rows of a second factor, [keys / 2, queries, 2].</summary>
    public readonly Bf16* DSByRow;

    public BlockAttentionRoom(int tiles, int width)
    {
        numbers = tiles * Side * width;
        var size = 7L * numbers * sizeof(Bf16) + 3L * numbers * sizeof(float) + 3L * tiles * Side * sizeof(float)
                   + 2L * Side * Side * sizeof(float) + 3L * Side * Side * sizeof(Bf16);
        memory = (byte*)NativeMemory.AlignedAlloc((nuint)size, 64);
        DK = (float*)memory;
        DV = DK + numbers;
        DQ = DV + numbers;
        Scores = DQ + numbers;
        DP = Scores + Side * Side;
        LogSums = DP + Side * Side;
        Deltas = LogSums + tiles * Side;
        Starts = (int*)(Deltas + tiles * Side);
        Keys = (Bf16*)(Starts + tiles * Side);
        Values = Keys + numbers;
        KeysByColumn = Values + numbers;
        Queries = KeysByColumn + numbers;
        QueriesByColumn = Queries + numbers;
        Gradients = QueriesByColumn + numbers;
        GradientsByColumn = Gradients + numbers;
        P = GradientsByColumn + numbers;
        DS = P + Side * Side;
        DSByRow = DS + Side * Side;
    }

    public void ClearGroupSums() => new Span<float>(DK, 2 * numbers).Clear();

    public void ClearHeadSums() => new Span<float>(DQ, numbers).Clear();

    public void Dispose() => NativeMemory.AlignedFree(memory);
}
