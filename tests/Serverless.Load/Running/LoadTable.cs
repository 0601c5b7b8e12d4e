namespace Serverless.Load.Running;

/// <summary>Figures as a table of Markdown, as the README has it.</summary>
internal static class LoadTable
{
    public static string Of(IReadOnlyCollection<LoadFigure> figures)
    {
        var rows = figures.Select(figure => $"| `{figure.Load}` | {figure.What} | {figure.Figure} | {figure.Bound} | {(figure.Bound.Length == 0 ? "" : figure.Holds ? "kept" : "**missed**")} |");
        return string.Join("\n", rows.Prepend("|---|---|---:|---:|---|").Prepend("| load | | found | promised | |"));
    }
}
