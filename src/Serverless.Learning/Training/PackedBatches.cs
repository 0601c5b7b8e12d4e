using Serverless.Learning.Data;

namespace Serverless.Learning.Training;

/// <summary>Lays the packed examples of one optimiser step out as micro-batches of equally long rows.</summary>
internal static class PackedBatches
{
    private const int ShortestRow = 256;
    private const int Nothing = -1;

    /// <param name="examples">The data set.</param>
    /// <param name="chosen">Indices of the step's examples.</param>
    /// <param name="microBatchTokens">The most tokens, padding included, of a micro-batch, unless a single row is longer.</param>
    public static List<MicroBatch> Build(IReadOnlyList<TrainingSequence> examples, IReadOnlyList<int> chosen, int microBatchTokens)
    {
        var sequences = chosen.Select(index => examples[index]).ToList();
        var rows = Packing.Pack(sequences, Math.Max(ShortestRow, sequences.Max(sequence => sequence.Length)));
        var time = rows.Max(row => row.Length);
        return rows.Chunk(Math.Max(1, microBatchTokens / time)).Select(group => Lay(group, chosen)).ToList();
    }

    private static MicroBatch Lay(PackedRow[] rows, IReadOnlyList<int> chosen)
    {
        var time = rows.Max(row => row.Length);
        var batch = new MicroBatch
        {
            Rows = rows.Length,
            Time = time,
            Ids = new int[rows.Length * time],
            Targets = Enumerable.Repeat(Nothing, rows.Length * time).ToArray(),
            Positions = new int[rows.Length * time],
            Examples = Enumerable.Repeat(Nothing, rows.Length * time).ToArray(),
        };
        for (var row = 0; row < rows.Length; row++)
        {
            var packed = rows[row];
            for (var t = 0; t < packed.Length; t++)
            {
                var at = row * time + t;
                batch.Ids[at] = packed.Ids[t];
                batch.Positions[at] = packed.Positions[t];
                batch.Examples[at] = chosen[packed.Members[packed.Documents[t]]];
                if (packed.Targets[t] != Packing.Ignored) batch.Targets[at] = (int)packed.Targets[t];
            }
        }
        return batch;
    }
}
