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
    public static MeanInterval Mean(IReadOnlyList<double> values, long seed)
    {
        if (values.Count == 0)
            throw new ArgumentException("no values have no mean", nameof(values));
        var means = new double[Resamples];
        for (var sample = 0; sample < Resamples; sample++)
        {
            var random = new Philox(seed, sample, Module);
            var sum = 0.0;
            for (var draw = 0; draw < values.Count; draw++)
                sum += values[(int)Math.BigMul(random.UInt64((ulong)draw), (ulong)values.Count, out _)];
            means[sample] = sum / values.Count;
        }
        Array.Sort(means);
        return new MeanInterval(values.Average(), Percentile(means, Tail), Percentile(means, 1 - Tail));
    }

    /// <summary>Between the two nearest ranks, in proportion.</summary>
    private static double Percentile(double[] sorted, double share)
    {
        var rank = share * (sorted.Length - 1);
        var below = (int)rank;
        return sorted[below] + ((rank - below) * (sorted[Math.Min(below + 1, sorted.Length - 1)] - sorted[below]));
    }
}
