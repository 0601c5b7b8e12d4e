using Serverless.Learning.Randomness;

namespace Serverless.Learning.Evaluation;

/// <summary>Intervals of means by the percentile bootstrap (Efron, "Bootstrap methods: another look at the jackknife", 1979).</summary>
public static class Bootstrap
{
    private const int Resamples = 2000;
    private const double Tail = 0.025;
    private const int Module = 0x600D;

    /// <summary>
    /// The mean of the values, and the 2.5th and 97.5th percentile of the means of 2,000 samples drawn from them with replacement. The same seed
    /// and values give the same interval.
    /// </summary>
    /// <exception cref="ArgumentException">There are no values.</exception>
    public static MeanInterval Mean(IReadOnlyList<double> values, long seed) => MeanOfGroups([values], seed);

    /// <summary>
    /// The mean over groups of the means within them, such as runs with several seeds, and the 2.5th and 97.5th percentile of 2,000 samples of it: groups drawn with replacement, and of each of
    /// them values with replacement (Davison and Hinkley, "Bootstrap methods and their application", 1997, section 3.8). What differs between groups
    /// widens the interval, however many values each has.
    /// </summary>
    /// <exception cref="ArgumentException">There are no groups, or one has no values.</exception>
    public static MeanInterval MeanOfGroups(IReadOnlyList<IReadOnlyList<double>> groups, long seed)
    {
        if (groups.Count == 0 || groups.Any(values => values.Count == 0))
            throw new ArgumentException("no values have no mean", nameof(groups));
        var means = new double[Resamples];
        for (var sample = 0; sample < Resamples; sample++)
        {
            var random = new Philox(seed, sample, Module);
            var next = 0UL;
            for (var group = 0; group < groups.Count; group++)
            {
                var values = groups.Count == 1 ? groups[0] : groups[Below(groups.Count)];
                var sum = 0.0;
                for (var draw = 0; draw < values.Count; draw++)
                    sum += values[Below(values.Count)];
                means[sample] += sum / values.Count / groups.Count;
            }

            int Below(int count) => (int)Math.BigMul(random.UInt64(next++), (ulong)count, out _);
        }
        Array.Sort(means);
        return new MeanInterval(groups.Average(values => values.Average()), Percentile(means, Tail), Percentile(means, 1 - Tail));
    }

    /// <summary>Between the two nearest ranks, in proportion.</summary>
    private static double Percentile(double[] sorted, double share)
    {
        var rank = share * (sorted.Length - 1);
        var below = (int)rank;
        return sorted[below] + ((rank - below) * (sorted[Math.Min(below + 1, sorted.Length - 1)] - sorted[below]));
    }
}
