namespace Serverless.Learning.Training;

/// <summary>Weighted means by name, in the order in which the names first came.</summary>
internal sealed class FigureMeans
{
    private readonly List<string> names = [];
    private readonly Dictionary<string, (double Sum, double Count)> sums = [];

    /// <summary>Adds to a mean.</summary>
    /// <param name="sum">The sum over <paramref name="count"/> values.</param>
    public void Add(string name, double sum, double count)
    {
        if (!sums.ContainsKey(name)) names.Add(name);
        var (soFar, counted) = sums.GetValueOrDefault(name);
        sums[name] = (soFar + sum, counted + count);
    }

    /// <summary>The means; those over nothing are left out, and those that are no finite numbers, as the figures of a step that is skipped may be.</summary>
    public IReadOnlyDictionary<string, double> Means() =>
        names.Where(name => sums[name].Count > 0 && double.IsFinite(sums[name].Sum)).ToDictionary(name => name, name => sums[name].Sum / sums[name].Count);
}
