using System.Globalization;

namespace Serverless.Benchmarks.Report;

/// <summary>A number as a person reads it: three digits and a prefix.</summary>
internal static class Quantity
{
    private static readonly (double Size, string Prefix)[] Prefixes = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];

    /// <returns>Such as <c>12.3 G</c>; a space stands before the prefix, and after the number where there is none.</returns>
    public static string Of(double value)
    {
        var (size, prefix) = Prefixes.FirstOrDefault(each => value >= each.Size, (Size: 1.0, Prefix: ""));
        var scaled = value / size;
        return scaled.ToString(scaled >= 100 ? "0" : scaled >= 10 ? "0.0" : "0.00", CultureInfo.InvariantCulture) + " " + prefix;
    }

    /// <returns>Such as <c>12.3 s</c> or <c>456 ms</c>.</returns>
    public static string Time(double seconds)
    {
        var (value, unit) = seconds >= 1 ? (seconds, "s") : seconds >= 1e-3 ? (1e3 * seconds, "ms") : (1e6 * seconds, "us");
        return Of(value) + unit;
    }
}
