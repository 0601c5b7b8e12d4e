using System.Globalization;

namespace Serverless.Benchmarks.Report;

/// <summary>Something that this project promises of its speed or memory.</summary>
/// <param name="Asked">The bound, in words.</param>
/// <param name="Reached">What the campaign measured; null if it did not.</param>
/// <param name="Holds">Whether a figure is within the bound.</param>
/// <param name="Text">A figure, in words.</param>
internal sealed record Target(string What, string Asked, Func<Medians, double?> Reached, Func<double, bool> Holds, Func<double, string> Text)
{
    public static Target AtLeast(string what, double bound, Func<double, string> text, Func<Medians, double?> reached) =>
        new(what, $"at least {text(bound)}", reached, value => value >= bound, text);

    public static Target AtMost(string what, double bound, Func<double, string> text, Func<Medians, double?> reached) =>
        new(what, $"at most {text(bound)}", reached, value => value <= bound, text);

    /// <summary>The target as a row: what, asked, reached, and whether it is met.</summary>
    public string Row(Medians medians) => Reached(medians) is { } value
        ? $"| {What} | {Asked} | {Text(value)} | {(Holds(value) ? "met" : "missed")} |"
        : $"| {What} | {Asked} | | not measured |";

    public static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.#} %");

    public static string Times(double ratio) => string.Create(CultureInfo.InvariantCulture, $"{ratio:0.00} times");

    public static string Bytes(double bytes) => $"{Quantity.Of(bytes)}B";
}
