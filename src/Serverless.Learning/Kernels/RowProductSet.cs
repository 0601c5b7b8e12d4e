namespace Serverless.Learning.Kernels;

/// <summary>Products of one kernel: some parts, over the same number of rows.</summary>
internal readonly unsafe struct RowProductSet
{
    private readonly RowProductPart* parts;
    private readonly int count, rows;
    private readonly long blocks, numbers;

    private RowProductSet(RowProductPart* parts, int count, int rows, long blocks, long numbers)
    {
        this.parts = parts;
        (this.count, this.rows, this.blocks, this.numbers) = (count, rows, blocks, numbers);
    }

    /// <summary>Lines the parts' blocks up.</summary>
    /// <param name="parts">Must stay where they are until the products have been computed.</param>
    public static RowProductSet Of(RowProductPart* parts, int count, int rows)
    {
        const int BlockRows = RowProductKernel<Fp32>.BlockRows;
        var (blocks, numbers) = (0L, 0L);
        for (var i = 0; i < count; i++)
        {
            parts[i].FirstBlock = blocks;
            blocks += (parts[i].Outputs + BlockRows - 1) / BlockRows;
            numbers += parts[i].Outputs * parts[i].Width;
        }
        return new RowProductSet(parts, count, rows, blocks, numbers);
    }

    /// <summary>What a slice is worth: the bytes that it reads, or with several rows its products.</summary>
    /// <param name="size">Bytes of a number of the factors.</param>
    public int Slices(int size) => ThreadTeam.Slices(blocks, numbers * Math.Max(size, rows) / sizeof(float));

    public RowProductKernel<T> Kernel<T>()
        where T : unmanaged, IFactor<T> => new() { Parts = parts, PartCount = count, Rows = rows, Blocks = blocks, Slices = Slices(sizeof(T)) };
}
