namespace Serverless.Learning.Data;

/// <summary>Packs the sequences of one optimiser step into rows, so that short examples waste no computation on padding.</summary>
public static class Packing
{
    /// <summary>The target of a position that predicts nothing that is learned: cross-entropy leaves it out.</summary>
    public const long Ignored = -100;

    /// <summary>
    /// Packs by first-fit decreasing (Johnson 1973: at most 11/9 of the fewest rows possible, plus one): the longest sequence first, each into the first
    /// row that has room. Equally long ones keep their order. The result is a function of the sequences and their order alone.
    /// </summary>
    /// <param name="sequences">The sequences of the step.</param>
    /// <param name="maxTokens">The longest row, at least as long as the longest sequence.</param>
    public static IReadOnlyList<PackedRow> Pack(IReadOnlyList<TrainingSequence> sequences, int maxTokens) =>
        [.. FirstFitDecreasing([.. sequences.Select(sequence => sequence.Length)], maxTokens).Select(members => Join(sequences, members))];

    /// <summary>The indices of the items that share a row, for each row.</summary>
    /// <param name="lengths">The length of each item.</param>
    /// <param name="maxLength">The longest row.</param>
    public static IReadOnlyList<IReadOnlyList<int>> FirstFitDecreasing(IReadOnlyList<int> lengths, int maxLength)
    {
        var rows = new List<List<int>>();
        var used = new List<int>();
        foreach (var item in Enumerable.Range(0, lengths.Count).OrderByDescending(i => lengths[i]))
        {
            if (lengths[item] > maxLength)
                throw new ArgumentException($"item {item} has length {lengths[item]}, a row at most {maxLength}", nameof(lengths));
            var row = used.FindIndex(taken => taken + lengths[item] <= maxLength);
            if (row < 0)
            {
                row = rows.Count;
                rows.Add([]);
                used.Add(0);
            }
            rows[row].Add(item);
            used[row] += lengths[item];
        }
        return rows;
    }

    private static PackedRow Join(IReadOnlyList<TrainingSequence> sequences, IReadOnlyList<int> members)
    {
        var length = members.Sum(member => sequences[member].Length);
        var row = new PackedRow(new int[length], new long[length], new int[length], new int[length], members);
        var start = 0;
        foreach (var (document, member) in members.Index())
        {
            var sequence = sequences[member];
            sequence.Ids.CopyTo(row.Ids, start);
            for (var t = 0; t < sequence.Length; t++)
            {
                row.Positions[start + t] = t;
                row.Documents[start + t] = document;
                row.Targets[start + t] = t + 1 < sequence.Length && sequence.Supervised[t + 1] ? sequence.Ids[t + 1] : Ignored;
            }
            start += sequence.Length;
        }
        return row;
    }
}
