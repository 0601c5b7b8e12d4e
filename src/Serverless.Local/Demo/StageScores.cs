using System.Globalization;
using Serverless.Learning.Evaluation;
using Serverless.Local.Tasks;
using Serverless.Service.Pipeline.FineTuning;
using Spectre.Console;

namespace Serverless.Local.Demo;

/// <summary>What models scored on held-out problems after each stage of a recipe, over several seeds.</summary>
internal sealed class StageScores
{
    /// <summary>The row that the last stage is compared with.</summary>
    public const string Baseline = "solutions alone";

    private static readonly (string Metric, string Name)[] Columns = [("right", "right answers"), ("thinks", "thinks before it answers")];

    private readonly List<(string Row, List<IReadOnlyList<GraderScores>> Seeds, List<double> General)> _rows = [];

    /// <summary>Adds one model's scores of one seed to its row.</summary>
    /// <param name="generalLoss">Its loss on general text, in nats a token.</param>
    public void Add(string row, IReadOnlyList<GraderScores> graders, double generalLoss)
    {
        if (!_rows.Exists(known => known.Row == row))
            _rows.Add((row, [], []));
        var (_, seeds, general) = _rows.Find(known => known.Row == row);
        seeds.Add(graders);
        general.Add(generalLoss);
    }

    /// <summary>
    /// A row for each model with the means over the seeds, and by how much the recipe is right more often than the baseline, each with its 95 % interval over
    /// seeds and problems.
    /// </summary>
    public Table Table(int seeds)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumn(seeds == 1 ? "on the held-out problems" : $"on the held-out problems of {seeds} seeds");
        foreach (var (_, name) in Columns)
            table.AddColumn(new TableColumn(name).RightAligned());
        table.AddColumn(new TableColumn("loss on general text").RightAligned());
        if (seeds > 1)
            table.AddColumn(new TableColumn("right, seed by seed").RightAligned());
        foreach (var (row, bySeed, general) in _rows)
        {
            List<string> cells = [Markup.Escape(row), .. Columns.Select(column => Share(Scores(bySeed, column.Metric))), Text($"{general.Average():0.000}")];
            if (seeds > 1)
                cells.Add(string.Join(", ", Scores(bySeed, "right").Select(one => Text($"{100 * one.Average():0.0}"))));
            table.AddRow(cells.ToArray());
        }
        if (!_rows.Exists(row => row.Row == Baseline))
            return table;
        var (with, without) = (Rights(_rows.FindLast(row => row.Row != Baseline).Seeds), Rights(_rows.Find(row => row.Row == Baseline).Seeds));
        return table.AddRow($"the recipe less {Baseline}", Share([.. with.Zip(without, Differences)]));

        static IReadOnlyList<IReadOnlyList<double>> Rights(List<IReadOnlyList<GraderScores>> seeds) => Scores(seeds, "right");
    }

    private static IReadOnlyList<IReadOnlyList<double>> Scores(IEnumerable<IReadOnlyList<GraderScores>> seeds, string metric) =>
        [.. seeds.Select(graders => (IReadOnlyList<double>)graders.Single(grader => grader.Name == metric).Scores)];

    /// <summary>Problem by problem, of as many as both have answered: evaluation answers no more than its first thousand.</summary>
    private static IReadOnlyList<double> Differences(IReadOnlyList<double> with, IReadOnlyList<double> without) => [.. with.Zip(without, (one, other) => one - other)];

    private static string Share(IReadOnlyList<IReadOnlyList<double>> seeds)
    {
        var mean = Bootstrap.MeanOfGroups(seeds, seed: 1);
        return ShareInterval.Text(mean.Mean, mean.Low, mean.High);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
