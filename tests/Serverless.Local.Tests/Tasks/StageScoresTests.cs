using System.Globalization;
using System.Text.RegularExpressions;
using Serverless.Local.Demo;
using Serverless.Service.Pipeline.FineTuning;
using Spectre.Console;

namespace Serverless.Local.Tests.Tasks;

public sealed class StageScoresTests
{
    [Fact]
    public void A_gain_over_the_baseline_is_that_of_the_same_problems_with_its_interval_over_seeds_and_problems()
    {
        var scores = new StageScores();
        foreach (var (stage, rights) in new[] { ("GRPO again", new[] { 1.0, 1.0 }), (StageScores.Baseline, [0.9, 0.7]) })
            foreach (var right in rights)
                scores.Add(stage, [Answers("right", right), Answers("thinks", 1)], generalLoss: 2);

        using var written = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(written) });
        console.Profile.Width = 200;
        console.Write(scores.Table(seeds: 2));
        var lines = written.ToString().Split('\n');

        // Seeds that gained 10 and 30 points: an interval over problems alone would stay about 20.
        var gain = Assert.Single(lines, line => line.Contains("the recipe less", StringComparison.Ordinal));
        var figures = Regex.Matches(gain, @"[0-9]+\.[0-9]").Select(match => double.Parse(match.Value, CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(20, figures[0]);
        Assert.InRange(figures[1], 6, 11);
        Assert.InRange(figures[2], 29, 35);
        Assert.Contains(lines, line => line.Contains("90.0, 70.0", StringComparison.Ordinal));
    }

    /// <summary>Five hundred answers of which that share is right.</summary>
    private static GraderScores Answers(string grader, double share) => new(grader, [.. Enumerable.Range(0, 500).Select(index => index % 10 < Math.Round(share * 10) ? 1.0 : 0.0)]);
}
