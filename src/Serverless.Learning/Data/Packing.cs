namespace Serverless.Learning.Data;

/// <summary>Packs the sequences of one optimiser step into rows, so that short examples waste no computation on padding.</summary>
public static class Packing
{
    /// <summary>
    /// First-fit decreasing (Johnson 1973: at most 11/9 of the fewest rows possible, plus one): the longest item first, each into the first row
    /// that has room. Equally long ones keep their order. The result is a function of the lengths and their order alone.
    /// </summary>
    /// <param name="lengths">The length of each item.</param>
    /// <param name="maxLength">The longest row, at least as long as the longest item.</param>
    /// <returns>The indices of the items that share a row, for each row.</returns>
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
}
