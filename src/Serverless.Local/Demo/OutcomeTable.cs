using System.Globalization;
using Serverless.Local.Tasks;
using Spectre.Console;

namespace Serverless.Local.Demo;

/// <summary>The table that a run ends with: base against tuned, and the yardsticks.</summary>
internal static class OutcomeTable
{
    public static Table Of(LabelledOutcome outcome)
    {
        var table = new Table().Border(TableBorder.Simple)
            .AddColumn("on the held-out examples")
            .AddColumn(new TableColumn("loss").RightAligned())
            .AddColumn(new TableColumn("token accuracy").RightAligned())
            .AddColumn(new TableColumn("exactly right").RightAligned());
        AddScores(table, $"base, {outcome.Base}", outcome.BaseScores);
        AddScores(table, "tuned", outcome.TunedScores);
        if (outcome.BaseByLikelihood is { } likeliest)
            table.AddRow("base, likeliest label", "", "", ShareInterval.Text(likeliest));
        return table.AddRow("linear n-gram classifier", "", "", ShareInterval.Text(outcome.Ngrams, outcome.TunedScores.Exact.Count));
    }

    private static void AddScores(Table table, string name, TestScores scores) => table.AddRow(
        Markup.Escape(name), scores.Tokens.Loss.ToString("F3", CultureInfo.InvariantCulture), Percent(scores.Tokens.TokenAccuracy), ShareInterval.Text(scores.Exact));

    private static string Percent(double share) => (share * 100).ToString("F1", CultureInfo.InvariantCulture) + " %";
}
