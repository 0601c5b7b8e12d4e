using System.Globalization;

namespace Serverless.Learning.Pretraining;

/// <summary>One line of a run's curve.csv.</summary>
/// <param name="Loss">Mean over the steps since the line before that were not skipped, in nats; NaN if all were.</param>
/// <param name="Seconds">Mean wall-clock time of these steps.</param>
internal sealed record CurvePoint(int Step, long Tokens, double Loss, double LearningRate, double Seconds)
{
    /// <summary>A line is written after this many steps.</summary>
    public const int StepsPerLine = 10;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Step},{Tokens},{Loss:F4},{LearningRate:G4},{Seconds:F3}");

    /// <summary>Reads the lines; a step that was repeated after an interruption counts once, as last written.</summary>
    public static List<CurvePoint> Read(IEnumerable<string> lines) => lines
        .Select(line => line.Split(','))
        .Select(cells => new CurvePoint(int.Parse(cells[0], CultureInfo.InvariantCulture), long.Parse(cells[1], CultureInfo.InvariantCulture),
            Number(cells[2]), Number(cells[3]), Number(cells[4])))
        .GroupBy(point => point.Step).Select(repeated => repeated.Last()).OrderBy(point => point.Step).ToList();

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
