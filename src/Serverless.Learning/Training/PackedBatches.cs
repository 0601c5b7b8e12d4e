using Serverless.Learning.Data;

namespace Serverless.Learning.Training;

/// <summary>Lays the examples of one optimiser step out as micro-batches of equally long rows, several short ones in a row.</summary>
internal static class PackedBatches
{
    private const int ShortestRow = 256;

    /// <param name="examples">The data set.</param>
    /// <param name="chosen">Indices of the step's examples.</param>
    /// <param name="microBatchTokens">The most places, padding included, of a micro-batch, unless a single row is longer.</param>
    /// <param name="share">
    /// Whether what examples of a micro-batch have in common at their beginning, before their first target, is computed once.
    /// </param>
    public static List<MicroBatch> Build(IReadOnlyList<TrainingSequence> examples, IReadOnlyList<int> chosen, int microBatchTokens, bool share = true)
    {
        var lengths = chosen.Select(index => examples[index].Length).ToList();
        var rows = Packing.FirstFitDecreasing(lengths, Math.Max(ShortestRow, lengths.Max()));
        var time = rows.Max(row => row.Sum(member => lengths[member]));
        return rows.Chunk(Math.Max(1, microBatchTokens / time))
            .Select(group => Lay([.. group.Select(row => row.Select(member => chosen[member]).ToArray())], examples, share))
            .ToList();
    }

    /// <param name="rows">The indices of each row's examples.</param>
    private static MicroBatch Lay(int[][] rows, IReadOnlyList<TrainingSequence> examples, bool share)
    {
        var time = rows.Max(row => row.Sum(example => examples[example].Length));
        var places = Enumerable.Repeat(-1, rows.Length * time).ToArray();
        var tree = new TokenTree(share);
        for (var row = 0; row < rows.Length; row++)
        {
            var at = row * time;
            foreach (var example in rows[row])
            {
                tree.Add(examples[example], example, places.AsSpan(at));
                at += examples[example].Length;
            }
        }
        return new MicroBatch
        {
            Rows = rows.Length, Time = time, Ids = [.. tree.Ids], Targets = [.. tree.Targets], Positions = [.. tree.Positions], Examples = [.. tree.Examples],
            Places = places,
        };
    }
}
