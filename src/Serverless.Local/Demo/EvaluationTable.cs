using System.Globalization;
using System.Text.Json;
using Serverless.Local.Tasks;
using Spectre.Console;

namespace Serverless.Local.Demo;

/// <summary>What a job's evaluation says about base and tuned model, metric by metric, with 95 % intervals where answers were scored one by one.</summary>
internal static class EvaluationTable
{
    private static readonly (string Metric, string Name, Func<double, string> Text)[] s_ofTokens =
    [
        ("loss", "loss", value => Text($"{value:F3}")),
        ("perplexity", "perplexity", value => Text($"{value:F2}")),
        ("token_accuracy", "token accuracy", Percent),
    ];

    private static readonly string[] s_counts = ["wins", "losses", "ties"];

    /// <param name="evaluation">The evaluation object of the API; the scores of its graders are shares.</param>
    /// <param name="before">What the model is called that the job started from.</param>
    /// <param name="after">What the job's result is called.</param>
    public static Table Of(JsonElement evaluation, string before, string after)
    {
        var table = new Table().Border(TableBorder.Simple)
            .AddColumn($"on {evaluation.GetProperty("examples").GetInt32()} examples")
            .AddColumn(new TableColumn(Markup.Escape(before)).RightAligned().NoWrap())
            .AddColumn(new TableColumn(Markup.Escape(after)).RightAligned().NoWrap())
            .AddColumn(new TableColumn("won, lost, tied").RightAligned());
        var (first, second) = (evaluation.GetProperty("base"), evaluation.GetProperty("tuned"));
        foreach (var (metric, name, text) in s_ofTokens)
        {
            if (first.GetProperty(metric).ValueKind == JsonValueKind.Number)
                table.AddRow(name, text(first.GetProperty(metric).GetDouble()), text(second.GetProperty(metric).GetDouble()), "");
        }
        foreach (var comparison in evaluation.GetProperty("comparisons").EnumerateArray())
        {
            var metric = comparison.GetProperty("metric").GetString()!;
            table.AddRow(
                Markup.Escape(metric == "exact_match" ? "exactly right" : metric), Share(comparison.GetProperty("base")), Share(comparison.GetProperty("tuned")),
                string.Join(", ", s_counts.Select(count => comparison.GetProperty(count).GetInt32())));
        }
        return table;
    }

    private static string Share(JsonElement mean) =>
        ShareInterval.Text(mean.GetProperty("mean").GetDouble(), mean.GetProperty("low").GetDouble(), mean.GetProperty("high").GetDouble());

    private static string Percent(double share) => Text($"{100 * share:F1} %");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
