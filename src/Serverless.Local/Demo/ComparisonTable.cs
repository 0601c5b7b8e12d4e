using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace Serverless.Local.Demo;

/// <summary>What a job's evaluation says about base and tuned model, grader by grader, with its 95 % intervals.</summary>
internal static class ComparisonTable
{
    /// <param name="evaluation">The evaluation object of the API.</param>
    /// <param name="before">What the model is called that the job started from.</param>
    /// <param name="after">What the job's result is called.</param>
    /// <param name="rows">The metrics to show, each with what it is called.</param>
    public static Table Of(JsonElement evaluation, string before, string after, IReadOnlyList<(string Metric, string Name)> rows)
    {
        var table = new Table().Border(TableBorder.Simple)
            .AddColumn($"on {evaluation.GetProperty("examples").GetInt32()} held-out problems")
            .AddColumn(new TableColumn(Markup.Escape(before)).RightAligned())
            .AddColumn(new TableColumn(Markup.Escape(after)).RightAligned());
        foreach (var (metric, name) in rows)
        {
            var comparison = evaluation.GetProperty("comparisons").EnumerateArray().Single(entry => entry.GetProperty("metric").GetString() == metric);
            table.AddRow(Markup.Escape(name), Markup.Escape(Share(comparison.GetProperty("base"))), Markup.Escape(Share(comparison.GetProperty("tuned"))));
        }
        return table;
    }

    private static string Share(JsonElement mean)
    {
        var (middle, low, high) = (Percent(mean, "mean"), Percent(mean, "low"), Percent(mean, "high"));
        return string.Create(CultureInfo.InvariantCulture, $"{middle:0.0} % ({low:0.0} to {high:0.0})");
    }

    private static double Percent(JsonElement mean, string name) => 100 * mean.GetProperty(name).GetDouble();
}
