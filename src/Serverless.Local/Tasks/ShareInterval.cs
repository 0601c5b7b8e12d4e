using System.Globalization;

namespace Serverless.Local.Tasks;

/// <summary>
/// The 95 % interval of a share that was counted, by Wilson's score (E. B. Wilson, "Probable inference, the law of succession, and
/// statistical inference", 1927): also right for few cases and for shares near 0 and 1.
/// </summary>
public static class ShareInterval
{
    private const double Quantile = 1.959964;

    /// <summary>The share of those that hold, with its interval, in per cent: <c>91.2 % (88.0 to 93.6)</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are none.</exception>
    public static string Text(IReadOnlyCollection<bool> cases) => Text(cases.Count(holds => holds) / (double)Math.Max(1, cases.Count), cases.Count);

    /// <inheritdoc cref="Text(IReadOnlyCollection{bool})"/>
    /// <param name="share">0 to 1; a tie may count a half.</param>
    /// <param name="cases">How many were counted, at least 1.</param>
    public static string Text(double share, int cases)
    {
        var (low, high) = Of(share, cases);
        return Text(share, low, high);
    }

    /// <summary>A share with whatever interval it has, in per cent, as above.</summary>
    public static string Text(double share, double low, double high) =>
        string.Create(CultureInfo.InvariantCulture, $"{100 * share:F1} % ({100 * low:F1} to {100 * high:F1})");

    /// <param name="share">0 to 1.</param>
    /// <param name="cases">How many were counted, at least 1.</param>
    public static (double Low, double High) Of(double share, int cases)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(cases, 1);
        var square = Quantile * Quantile / cases;
        var middle = (share + square / 2) / (1 + square);
        var width = Quantile * Math.Sqrt(share * (1 - share) / cases + square / (4 * cases)) / (1 + square);
        return (Math.Max(0, middle - width), Math.Min(1, middle + width));
    }
}
